# The server program: any mix of roles, chosen by its command.
FROM mcr.microsoft.com/dotnet/sdk:10.0.100 AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY Hypernode.Contracts Hypernode.Contracts
COPY Hypernode.Solana Hypernode.Solana
COPY Hypernode.Sagas Hypernode.Sagas
COPY Hypernode.Storage Hypernode.Storage
COPY Hypernode.Workers Hypernode.Workers
COPY Hypernode.Api Hypernode.Api
COPY Hypernode.NodeAgent Hypernode.NodeAgent
COPY Hypernode.Host Hypernode.Host
RUN dotnet restore Hypernode.Host -p:RestoreLockedMode=true
# Compiled ahead of time: a host's first thousand jobs don't pay for the compiler. The objects of a runtime identifier have a
# lock file of their own; the line above has held the committed one.
RUN machine=$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac) && \
    dotnet publish Hypernode.Host -c Release -r linux-$machine --self-contained false -p:PublishReadyToRun=true \
    -p:NuGetLockFilePath=obj/ready.lock.json -o /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0.0
WORKDIR /app
COPY --from=build /app .
COPY programs/bin programs/bin
COPY programs/keys programs/keys
COPY ops/docker/ready ready
RUN useradd --system --uid 10001 hypernode && mkdir /data && chown hypernode /data
USER hypernode
VOLUME /data
ENTRYPOINT ["dotnet", "Hypernode.Host.dll"]
