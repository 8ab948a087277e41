using System.ComponentModel.DataAnnotations;
using Hypernode.Contracts.Jobs;
using Hypernode.NodeAgent.Execution;
using Hypernode.NodeAgent.Tests.Fakes;

namespace Hypernode.NodeAgent.Tests;

public sealed class OptionsTests : IDisposable
{
    private readonly TestKit _kit = new();

    public void Dispose() => _kit.Dispose();

    [Fact]
    public void The_process_runtime_must_be_wished_for_twice_and_is_refused_outside_loopback()
    {
        var options = _kit.Options;
        options.Runtime = AgentRuntime.Process;
        IsValid(options).ShouldBeFalse();
        options.AllowUnsandboxed = true;
        IsValid(options).ShouldBeTrue();
        options.Broker = "amqps://broker.example/";
        IsValid(options).ShouldBeFalse();
        options.Broker = "amqp://127.0.0.1/";
        IsValid(options).ShouldBeTrue();
    }

    [Theory]
    [InlineData("amqps://broker.example/nodes", true)]
    [InlineData("amqp://127.0.0.1:5672/", true)]
    [InlineData("amqp://broker.example/", false)] // the password could be read on the way
    [InlineData("amqps://node.x:hunter2@broker.example/", false)]
    [InlineData("https://broker.example/", false)]
    [InlineData("broker.example", false)]
    public void The_broker_is_named_without_a_password_and_reached_by_TLS(string broker, bool holds)
    {
        var options = _kit.Options;
        options.Broker = broker;
        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true).ShouldBe(holds);
        wrong.ShouldAllBe(w => !w.ErrorMessage!.Contains("hunter2"));
    }

    [Fact]
    public void The_link_over_HTTP_needs_the_APIs_address_and_on_loopback_only_where_there_is_no_sandbox()
    {
        var options = _kit.Options;
        options.Link = AgentLink.Http;
        (options.Api, options.BlobFolder) = ("", "blobs");
        IsValid(options).ShouldBeFalse();
        (options.Api, options.BlobFolder) = ("https://api.example/", "");
        IsValid(options).ShouldBeTrue();
        (options.Runtime, options.AllowUnsandboxed) = (AgentRuntime.Process, true);
        IsValid(options).ShouldBeFalse();
        options.Api = "http://127.0.0.1:5000/";
        IsValid(options).ShouldBeTrue();
    }

    [Fact]
    public void A_way_to_the_broker_that_is_closed_to_others_must_be_said_to_be_so()
    {
        var options = _kit.Options;
        (options.Broker, options.AllowPlainBroker) = ("amqp://10.0.0.5/", true);
        IsValid(options).ShouldBeTrue();
    }

    [Fact]
    public void A_simulated_liar_is_refused_where_simulations_are_not_allowed()
    {
        var options = _kit.Options;
        options.Behaviour = AgentBehaviour.SimulatedLiar;
        IsValid(options).ShouldBeFalse();
        options.AllowSimulations = true;
        IsValid(options).ShouldBeTrue();
    }

    [Fact]
    public void Networks_are_sold_with_runc_alone()
    {
        var options = _kit.Options;
        options.NetworkModes.Add(NetworkMode.Allowlist);
        options.NetworkRefused.Add("198.51.100.0/24");
        options.NetworkNamespace = "jobs-out_1";
        IsValid(options).ShouldBeTrue();
        options.ContainerRuntime = "runsc";
        IsValid(options).ShouldBeFalse();
        (options.ContainerRuntime, options.NetworkNamespace) = ("runc", "../proc/1");
        IsValid(options).ShouldBeFalse();
        options.NetworkNamespace = "";
        options.NetworkRefused.Add("my network");
        IsValid(options).ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, "GPU-aaaaaaaa-0000-4000-8000-000000000001", "GPU-bbbbbbbb-0000-4000-8000-000000000002")]
    [InlineData(false, "GPU-aaaaaaaa-0000-4000-8000-000000000001", "GPU-aaaaaaaa-0000-4000-8000-000000000001")]
    [InlineData(false, "all")]
    [InlineData(false, "0")]
    public void GPUs_are_named_by_their_uuids_each_once(bool valid, params string[] gpus)
    {
        var options = _kit.Options;
        Array.ForEach(gpus, options.Gpus.Add);
        IsValid(options).ShouldBe(valid);
    }

    [Fact]
    public void The_process_runtime_gives_no_GPUs()
    {
        var options = _kit.Options;
        options.Gpus.Add("GPU-aaaaaaaa-0000-4000-8000-000000000001");
        (options.Runtime, options.AllowUnsandboxed) = (AgentRuntime.Process, true);
        IsValid(options).ShouldBeFalse();
    }

    [Theory]
    [InlineData("", "", true)] // a host brings its own store
    [InlineData("https://api.example/", "", true)]
    [InlineData("http://127.0.0.1:5080", "", true)]
    [InlineData("", "/blobs", true)]
    [InlineData("https://api.example/", "/blobs", false)]
    [InlineData("http://api.example/", "", false)]
    [InlineData("ftp://api.example/", "", false)]
    [InlineData("api.example", "", false)]
    public void Job_files_come_from_one_source_and_not_in_the_clear(string api, string folder, bool valid)
    {
        var options = _kit.Options;
        (options.Api, options.BlobFolder) = (api, folder);
        IsValid(options).ShouldBe(valid);
        options.AllowPlainHttp = true;
        IsValid(options).ShouldBe(valid || api == "http://api.example/");
    }

    [Theory]
    [InlineData("sha256:{0}", true)]
    [InlineData("busybox@sha256:{0}", true)]
    [InlineData("127.0.0.1:5000/a/b@sha256:{0}", true)]
    [InlineData("busybox:latest", false)]
    [InlineData("busybox", false)]
    [InlineData("@sha256:{0}", false)]
    [InlineData("a b@sha256:{0}", false)]
    [InlineData("sha256:{0}0", false)]
    [InlineData("", false)]
    public void An_image_is_named_by_its_digest_or_not_at_all(string form, bool holds) =>
        ImageReference.TryParse(string.Format(form, new string('a', 64)), out _).ShouldBe(holds);

    private static bool IsValid(AgentOptions options) =>
        Validator.TryValidateObject(options, new ValidationContext(options), null, validateAllProperties: true);
}
