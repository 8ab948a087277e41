using Hypernode.Contracts.Ports;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Hypernode.Storage.Tests;

public sealed class RegistrationTests
{
    public static TheoryData<string, Type> Ports()
    {
        var data = new TheoryData<string, Type>();
        foreach (var provider in new[] { "sqlite", "postgres" })
        {
            foreach (var port in new[]
            {
                typeof(ISagaJournal), typeof(IOutbox), typeof(IJobIntake), typeof(IJobReader), typeof(INodeDirectory),
                typeof(IEvidence), typeof(ISagaAudit), typeof(IAuditReader), typeof(IWalletDirectory), typeof(IBlobStore), typeof(IStorageMigrator), typeof(IStorageProbe),
            })
            {
                data.Add(provider, port);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task The_configuration_chooses_a_storage_with_every_port(string provider, Type port)
    {
        // Nothing connects or opens a file before its first use.
        await using var services = Build(
            ("Provider", provider), ("ConnectionString", "Host=127.0.0.1;Port=1"), ("Path", "/nowhere/hypernode.db"), ("BlobPath", "/nowhere/blobs"));
        services.GetRequiredService(port).ShouldNotBeNull();
    }

    [Theory]
    [InlineData("oracle", "Provider")]
    [InlineData("postgres", "ConnectionString")]
    [InlineData("sqlite", "Path")]
    public async Task What_is_wrong_in_the_configuration_is_named(string provider, string field)
    {
        await using var services = Build(("Provider", provider));
        var refused = Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IOptions<StorageOptions>>().Value);
        refused.Message.ShouldContain(field);
    }

    [Fact]
    public async Task A_bucket_is_chosen_by_a_setting_and_named_where_it_is_missing()
    {
        var keys = Path.GetTempFileName();
        await File.WriteAllTextAsync(keys, "id\nsecret\n");
        await using (var services = Build(("Path", "/nowhere/hypernode.db"), ("Blobs", "s3"), ("S3:Bucket", "blobs"), ("S3:ServiceUrl", "http://127.0.0.1:1"), ("S3:KeyFile", keys)))
        {
            services.GetRequiredService<IBlobStore>().GetType().Name.ShouldBe("S3BlobStore");
        }

        await using (var services = Build(("Path", "/nowhere/hypernode.db"), ("Blobs", "s3")))
        {
            Should.Throw<OptionsValidationException>(() => services.GetRequiredService<IBlobStore>()).Message.ShouldContain("Bucket");
        }

        File.Delete(keys);
    }

    private static ServiceProvider Build(params (string Key, string Value)[] settings)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(settings.ToDictionary(s => $"{StorageOptions.Section}:{s.Key}", s => (string?)s.Value))
            .Build();
        return new ServiceCollection().AddSingleton<IIdSource, TestIds>().AddHypernodeStorage(configuration).BuildServiceProvider();
    }
}
