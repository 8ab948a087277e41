# The agent, for a provider's machine. It drives the machine's own container engine, so it is given its socket; and it mounts a
# file system for each job's /out, which the engine has to see: hence the shared folder, at the same path inside and outside.
#
#   docker build -f ops/docker/agent.Dockerfile -t hypernode/agent .
#   docker run -d --name hypernode-agent --restart unless-stopped --pid host --network host \
#     --cap-add SYS_ADMIN --cap-add SYS_PTRACE --security-opt seccomp=unconfined --security-opt apparmor=unconfined \
#     -v /dev:/dev --device-cgroup-rule 'b 7:* rwm' --device-cgroup-rule 'c 10:237 rwm' \
#     -v /var/run/docker.sock:/var/run/docker.sock \
#     -v /var/lib/hypernode:/var/lib/hypernode:rshared \
#     hypernode/agent --config /var/lib/hypernode/agent.json
#
# docs/operators.md tells what each of these is for.
ARG SDK=mcr.microsoft.com/dotnet/sdk:10.0.100
ARG RUNTIME=mcr.microsoft.com/dotnet/runtime:10.0.0
FROM ${SDK} AS build
WORKDIR /source
COPY Directory.Build.props Directory.Packages.props global.json .editorconfig ./
COPY eng/BannedSymbols.txt eng/
COPY Hypernode.Contracts Hypernode.Contracts
COPY Hypernode.Solana Hypernode.Solana
COPY Hypernode.NodeAgent Hypernode.NodeAgent
RUN dotnet restore Hypernode.NodeAgent -p:RestoreLockedMode=true
# Compiled ahead of time, as the server program is: an agent that starts is there at once.
RUN machine=$(case $(uname -m) in aarch64) echo arm64 ;; *) echo x64 ;; esac) && \
    dotnet publish Hypernode.NodeAgent -c Release -r linux-$machine --self-contained false -p:PublishReadyToRun=true \
    -p:NuGetLockFilePath=obj/ready.lock.json -o /app

FROM ${RUNTIME}
# mkfs.ext4 for /out; mount and umount are there.
RUN command -v mkfs.ext4 >/dev/null || { apt-get update -q && apt-get install -y -q --no-install-recommends e2fsprogs && rm -rf /var/lib/apt/lists/*; }
WORKDIR /app
COPY --from=build /app .
# Root: mounts and the engine's socket ask for it. Jobs never run as this user.
ENTRYPOINT ["dotnet", "hypernode-agent.dll"]
