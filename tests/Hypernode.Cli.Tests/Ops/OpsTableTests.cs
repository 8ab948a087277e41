using System.Text.Json.Nodes;
using Hypernode.Cli.Ops;

namespace Hypernode.Cli.Tests.Ops;

public sealed class OpsTableTests
{
    [Fact]
    public void Dead_letters_are_a_paragraph_a_cause() => Lines(OpsTables.Errors(Json("""
        {"total":3,"more":false,"groups":[{"group":"3f29c1d0aa","queue":"hypernode.jobs","cause":"Hypernode.Sagas.Engine.UnknownJobException","type":"urn:message:Hypernode.Contracts.Events:CancelRequested",
        "detail":"no such job","count":3,"firstSeen":"2026-01-02T03:04:05+00:00","lastSeen":"2026-01-02T03:05:05+00:00","example":"0f8f","exampleJob":"job-1","mostParkings":2,"replayable":3}]}
        """))).ShouldBe([
        "3 dead letters, 1 cause",
        "",
        "3f29c1d0aa  3 × UnknownJobException at hypernode.jobs",
        "  type     CancelRequested",
        "  why      no such job",
        "  seen     2026-01-02 03:04:05Z to 2026-01-02 03:05:05Z, at most 2 times each",
        "  example  0f8f of job-1",
        "  replay   3 of them: hn ops replay 3f29c1d0aa",
    ]);

    [Fact]
    public void A_dry_replay_says_what_would_be_and_why_not() => Lines(OpsTables.Replay(Json("""
        {"dryRun":true,"replayed":1,"refused":1,"left":4,"items":[{"messageId":"a","queue":"hypernode.lock-escrow","jobId":"job-1"},{"queue":"nodes.ingress","refused":"a node said it"}],"notFound":["x"]}
        """))).ShouldBe([
        "would go  a  to hypernode.lock-escrow, job-1",
        "refused   -  nodes.ingress: a node said it",
        "not found x",
        "1 would be replayed (--yes does it), 1 refused, 4 left for another run",
    ]);

    [Fact]
    public void An_audit_never_passes_what_it_did_not_check() => Lines(OpsTables.Audit(Json("""
        {"holds":false,"chain":false,"jobs":2,"forgotten":0,"moving":["job-9"],"invariants":[
        {"invariant":"I2","says":"one settlement a job","verdict":"Violated","checked":2,"violations":1,"offending":[{"id":"job-1","detail":"twice"}]},
        {"invariant":"I9","says":"slash ≤ stake","verdict":"NotChecked","checked":0,"violations":0,"offending":[],"notRecomputable":"all of it"}]}
        """))).ShouldBe([
        "2 jobs, the chain was not asked",
        "",
        "VIOLATED I2   one settlement a job (2 checked, 1 offences)",
        "              job-1: twice",
        "no check I9   slash ≤ stake (0 checked)",
        "              not from here: all of it",
        "job-9 moved all the while: run it again",
        "",
        "VIOLATED: see above",
    ]);

    [Fact]
    public void What_is_stuck_says_since_when_why_and_what_comes_next() => Lines(OpsTables.Stuck(Json("""
        {"open":5,"more":false,"jobs":[{"jobId":"job-1","state":"Refunding","attempt":2,"nodeId":"n","since":0,"why":{"code":"answer-overdue","text":"no answer"},"overdueSince":60000,
        "waitingFor":{"code":"refund","text":"the refund"},"deadlines":[{"code":"ask-again","at":120000,"text":"asked again"}],"cause":{"text":"the node was silent"}}]}
        """))).ShouldBe([
        "1 of 5 open jobs are past a deadline",
        "",
        "job-1  Refunding since 1970-01-01 00:00:00Z, attempt 2 on n",
        "  overdue  since 1970-01-01 00:01:00Z: no answer",
        "  waits    the refund",
        "  cause    the node was silent",
        "  by 1970-01-01 00:02:00Z: asked again",
    ]);

    [Fact]
    public void Nothing_is_said_in_one_line()
    {
        OpsTables.Errors(Json("""{"total":0,"groups":[]}""")).ShouldBe("no dead letters");
        OpsTables.Stuck(Json("""{"open":7,"jobs":[]}""")).ShouldBe("nothing is stuck: 7 jobs are open");
    }

    private static JsonObject Json(string text) => (JsonObject)JsonNode.Parse(text)!;

    private static string[] Lines(string text) => text.Split('\n');
}
