"""Who must reach whom, as tables: a row for each source, a column for each target and port. "open", "-" is denied, "."
is not a way (a pod's own address stays inside the pod)."""

COLUMNS = [("production/api-0", "3000"), ("production/api-0", "443"), ("production/postgres-0", "5432"),
           ("staging/web-0", "8080"), ("outside", "443"), ("outside", "53/udp")]

NO_POLICY = """
    production/frontend-0    open  open  open  open  open  open
    production/postgres-0    open  open  .     open  open  open
    production/api-0         .     .     open  open  open  open
    monitoring/prometheus-0  open  open  open  open  open  open
    quality/tester-0         open  open  open  open  open  open
    staging/web-0            open  open  open  .     open  open
    outside@203.0.113.7      open  open  open  open  .     .
    outside@203.0.113.5      open  open  open  open  .     .
    node-a                   open  open  open  open  open  open
    node-b                   open  open  open  open  open  open
    """

PRODUCTION = """
    production/frontend-0    open  -     open  open  open  open
    production/postgres-0    open  -     .     open  open  open
    production/api-0         .     .     open  -     open  -
    monitoring/prometheus-0  open  -     open  open  open  open
    quality/tester-0         -     -     open  open  open  open
    staging/web-0            -     -     open  .     open  open
    outside@203.0.113.7      open  -     open  open  .     .
    outside@203.0.113.5      -     -     open  open  .     .
    node-a                   open  open  open  open  open  open
    node-b                   -     -     open  open  open  open
    """

AND_STAGING = """
    production/frontend-0    open  -     open  -     open  open
    production/postgres-0    open  -     .     -     open  open
    production/api-0         .     .     open  -     open  -
    monitoring/prometheus-0  open  -     open  -     open  open
    quality/tester-0         -     -     open  open  open  open
    staging/web-0            -     -     -     .     -     -
    outside@203.0.113.7      open  -     open  -     .     .
    outside@203.0.113.5      -     -     open  -     .     .
    node-a                   open  open  open  open  open  open
    node-b                   -     -     open  -     open  open
    """


def flows(grid):
    """{(FROM, TO, WHAT): must it be open}, in the order of reading."""
    wanted = {}
    for row in filter(None, map(str.split, grid.splitlines())):
        for (target, what), cell in zip(COLUMNS, row[1:], strict=True):
            if cell != ".":
                wanted[(row[0], target, what)] = cell == "open"
    return wanted


def rows(grid):
    return [row[0] for row in filter(None, map(str.split, grid.splitlines()))]
