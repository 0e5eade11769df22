"""The daemon stops, starts again, starts wrongly, starts twice; cleanup."""
from packets.trial import NODE
from suite.trial import deny_all, ingress, labelled

POLICY = ingress(labelled(app="api"), {"from": [{"podSelector": labelled(app="web")}]})
VERDICTS = """
    production/frontend-0 -> production/api-0 3000 open
    production/postgres-0 -> production/api-0 3000 timeout
    quality/tester-0      -> production/api-0 3000 timeout
    node-a                -> production/api-0 3000 open
    """
DENIED = ("quality/tester-0 -> production/api-0 3000", "quality/tester-0 -> production/api-0/6 3000",
          "production/postgres-0 -> production/api-0 3000")
MORE = "quality/tester-0 -> production/frontend-0 3000 timeout"


def restart(t):
    """Stopped and started again"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = t.daemon.rules()
    with t.never_open("from stop to start no denied connection ever opened", *DENIED):
        status, seconds = t.daemon.stop()
        t.report.check(f"TERM: it stops with status 0 within a second ({seconds:.2f} s)", status == 0 and seconds < 1.0,
                       f"status {status} after {seconds:.2f} s")
        t.expect_still("while it is down the verdicts are the same", VERDICTS)
        t.check_same_rules("and not one rule has changed", rules)
        t.daemon.start()
        t.check_ready("started again it is ready")
        t.check_same_rules("and has adopted the rules: same text, same handles", rules)
        t.daemon.stop()
        t.api.apply_policy("production/frontend", deny_all("Ingress", pods=labelled(role="frontend")))
        t.daemon.start_ready()
    t.expect("it follows what came while it was down", VERDICTS + MORE, (4, 6))


def killed(t):
    """Killed"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS, (4, 6))
    rules = t.daemon.rules()
    with t.never_open("from kill to start no denied connection ever opened", *DENIED):
        t.daemon.process.kill()
        t.daemon.process.wait()
        t.check_same_rules("not one rule has changed", rules)
        t.daemon.start_ready()
    t.expect_still("and enforcement goes on", VERDICTS)


# semantics 103
def wrong_name(t):
    """Started under another node's name"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS)
    rules = t.daemon.rules()
    t.daemon.stop()
    t.daemon.start(node="node-x")
    t.check_ready("as a node that does not exist it is not ready and says why",
                  lambda status, body: status == 503 and "node-x" in body)
    t.expect_still("the verdicts are the same", VERDICTS)
    t.check_same_rules("and not one rule has changed", rules)
    t.daemon.stop()
    t.daemon.start_ready()


def second_instance(t):
    """Started twice"""
    done = t.daemon.command(*t.daemon.run_arguments())
    t.report.check("a second daemon refuses with status 3 and says why", done.status == 3 and done.err, done)


def cleanup(t):
    """inspect and cleanup"""
    t.api.apply_policy("production/api", POLICY)
    t.expect("before", VERDICTS)
    done = t.daemon.command("inspect", "--policy", "production/api")
    t.report.check("inspect names policy and pod", done.status == 0 and "production/api ingress[0]" in done.out and
                   "production/api-0" in done.out, done)
    done = t.daemon.command("cleanup")
    t.report.check("cleanup refuses while the daemon lives, with status 3", done.status == 3 and done.err, done)
    t.expect_still("and removes nothing", VERDICTS)

    t.bed.exec(NODE, "nft", "add table inet somebody; add chain inet somebody else; add rule inet somebody else accept")
    others = t.bed.exec(NODE, "nft", "-a", "list", "table", "inet", "somebody").out
    tables = t.bed.exec(NODE, "nft", "list", "tables").out.splitlines()
    t.daemon.stop()
    done = t.daemon.command("cleanup")
    t.report.check("after the daemon stopped it ends with status 0", done.status == 0, done)
    left = t.bed.exec(NODE, "nft", "list", "tables").out.splitlines()
    t.report.check("its tables are gone, and no other",
                   set(tables) - set(left) == {"table inet selvedge", "table bridge selvedge"}, (tables, left))
    t.report.check("another's is as it was",
                   others and others == t.bed.exec(NODE, "nft", "-a", "list", "table", "inet", "somebody").out)
    t.expect("and everything is open", VERDICTS.replace("timeout", "open"))
    t.daemon.start_ready()
    t.expect_still("until the daemon is back", VERDICTS)


CASES = [restart, killed, wrong_name, second_instance, cleanup]
