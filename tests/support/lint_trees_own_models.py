"""Policy trees as companies write them with models of their own, the same each time."""

import random
from collections.abc import Mapping
from itertools import cycle, product

from support.lint_names import people, rows, words
from support.trees import tree

REST_MODEL = """[request_definition]
r = sub, obj, act
[policy_definition]
p = sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && keyMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act)
"""


def rest_api() -> Mapping[str, bytes]:
    """Paths and methods behind a gateway that asks by position; names have no types."""
    services = words(
        "accounts billing catalog checkout customers inventory media notifications orders payments pricing profiles returns reviews search shipping subscriptions taxes tickets vouchers"
    )
    lines = []
    for service in services:
        for version in ("v1", "v2"):
            base = f"/api/{version}/{service}"
            lines += [
                f"p, {service}-reader, {base}/*, GET",
                f"p, {service}-reader, {base}, GET",
                f"p, {service}-writer, {base}, POST",
            ]
            lines += [f"p, {service}-writer, {base}/*, {method}" for method in ("PUT", "PATCH", "DELETE")]
            lines.append(f"p, {service}-operator, /internal/{version}/{service}/*, *")
        lines += [f"g, {service}-writer, {service}-reader", f"g, {service}-operator, {service}-writer"]
    lines.append("p, monitoring, /healthz, GET")
    for number, name in enumerate(people(120)):
        service = services[number % len(services)]
        lines.append(f"g, {name}, {service}-{('reader', 'writer', 'operator')[number % 3]}")
    lines.append("g, prometheus, monitoring")
    return tree(rows(*lines), REST_MODEL)


CI_MODEL = """[request_definition]
r = sub, obj, act
[policy_definition]
p = rule, sub, obj, act
[role_definition]
g = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act
"""


def build_pipelines() -> Mapping[str, bytes]:
    """Teams with their repositories and pipelines, every grant spelled out; a robot for each."""
    teams = words(
        "atlas beacon comet delta ember falcon granite harbor iris juniper kestrel lumen meteor nimbus orchid pulsar quartz raven summit tundra"
    )
    parts = ["api", "web", "worker", "docs", "infra", "mobile"]
    lines = []
    for team, part in product(teams, parts):
        repository, pipeline = f"repo:{team}-{part}", f"pipeline:{team}-{part}"
        grants = [
            ("developers", repository, "read"),
            ("developers", repository, "push"),
            ("developers", pipeline, "start"),
            ("maintainers", repository, "merge"),
            ("maintainers", pipeline, "approve"),
            ("maintainers", repository, "tag"),
            ("robots", pipeline, "report"),
        ]
        lines += [
            f"p, {team}-{part}-{who}-{action}-{thing.split(':')[0]}, team:{team}-{who}, {thing}, {action}"
            for who, thing, action in grants
        ]
    for team in teams:
        lines += [f"g, team:{team}-maintainers, team:{team}-developers", f"g, service:{team}-bot, team:{team}-robots"]
    for number, name in enumerate(people(260)):
        lines.append(f"g, user:{name}, team:{teams[number % 20]}-{'maintainers' if number % 7 == 0 else 'developers'}")
    lines += [
        "p, everyone-creates, team:all, repo:*, create",
        *(f"g, team:{team}-developers, team:all" for team in teams),
    ]
    return tree(rows(*lines), CI_MODEL)


def stock_names() -> Mapping[str, bytes]:
    """A program that came from stock Casbin: bare names, one grant a row, groups; three thousand rows."""
    chance = random.Random(8)  # noqa: S311 - the same each time, not a secret
    datasets = [
        f"{area}_{kind}_{number}"
        for area, kind, number in product(
            ["sales", "supply", "web", "finance", "people"], ["raw", "clean", "mart"], range(1, 21)
        )
    ]
    groups = [
        f"{area}_{role}s"
        for area, role in product(["sales", "supply", "web", "finance", "people"], ["analyst", "engineer", "steward"])
    ]
    lines = []
    grants = set()
    while len(grants) < 3_000:
        grants.add(
            (chance.choice(groups + people(400)), chance.choice(datasets), chance.choice(["read", "write", "describe"]))
        )
    members = {name: groups[number % 15] for number, name in enumerate(people(400))}
    lines += [
        f"p, {who}, {dataset}, {action}"
        for who, dataset, action in sorted(grants)
        if (members.get(who), dataset, action) not in grants
    ]
    lines += [f"g, {name}, {group}" for name, group in members.items()]
    return tree(
        rows(*lines), REST_MODEL.replace('p.act == "*" || ', "").replace("keyMatch(r.obj, p.obj)", "r.obj == p.obj")
    )


SITES_MODEL = """[request_definition]
r = sub, dom, obj, act
[policy_definition]
p = rule, who, where, what, how, eft
[role_definition]
g = _, _, _
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = g(r.sub, p.who, r.dom) && (p.where == "*" || r.dom == p.where) && keyMatch(r.obj, p.what) && keyMatch(r.act, p.how)
"""


def factory_sites() -> Mapping[str, bytes]:
    """Sites as tenants, devices by prefix, columns with names of their own; five thousand rules."""
    sites = [
        f"{city}-{number}"
        for city, number in product(
            words("aachen bilbao cork dresden espoo faro gdansk haarlem izmir jena"), range(1, 26)
        )
    ]
    lines = [
        "p, operators-read, role:operator, *, sensor:*, read, allow",
        "p, engineers-all, role:engineer, *, sensor:*, *, allow",
        "p, nobody-wipes, role:engineer, *, sensor:safety-*, wipe, deny",
        "g, role:lead-engineer, role:engineer, *",
    ]
    lines.append("p, lead-engineers-approve, role:lead-engineer, *, change:*, approve, allow")
    for site, number in product(sites, range(1, 21)):
        lines.append(
            f"p, {site}-line-{number}, role:line-{number}, {site}, machine:{site}/line-{number}/*, operate, allow"
        )
    names = cycle(people(676))
    for number, site in enumerate(sites):
        lines += [f"g, user:{next(names)}, role:line-{line}, {site}" for line in range(1, 21)]
        lines.append(f"g, user:{next(names)}, role:{'operator' if number % 3 else 'lead-engineer'}, {site}")
    return tree(rows(*lines), SITES_MODEL)


FIREWALL_MODEL = """[request_definition]
r = sub, obj, act, ctx
[policy_definition]
p = priority, rule, sub, obj, act, when, eft
[role_definition]
g = _, _
[policy_effect]
e = priority(p.eft) || deny
[matchers]
m = (p.sub == "*" || g(r.sub, p.sub)) && globMatch(r.obj, p.obj) && (p.act == "*" || r.act == p.act) && eval(p.when)
"""


def storage_buckets() -> Mapping[str, bytes]:
    """Buckets of files, the first rule that matches decides: blocks first, exceptions before what they except."""
    teams = words(
        "brand catalog data design finance legal mobile people platform press research sales security support web"
    )
    lines = [
        "p, 0, blocked-countries, *, **, *, not ipMatch(r.ctx.env.address, '10.0.0.0/8') and r.ctx.subject.contractor, deny"
    ]
    for number, team in enumerate(teams):
        base = 100 + number
        lines += [
            f"p, {base}, {team}-hold, *, {team}/legal-hold/**, delete, True, deny",
            f"p, {base}, {team}-secrets, group:{team}-admins, {team}/secrets/*, *, True, allow",
            f"p, {base}, {team}-no-secrets, *, {team}/secrets/**, *, True, deny",
            f"p, {base + 400}, {team}-admins, group:{team}-admins, {team}/**, *, True, allow",
            f"p, {base + 400}, {team}-reads, group:{team}, {team}/**, get, True, allow",
            f"p, {base + 400}, {team}-writes, group:{team}, {team}/jobs/**, put, True, allow",
            f"p, {base + 400}, {team}-uploads, group:{team}, {team}/inbox/*.csv, put, r.ctx.context.size <= 1048576, allow",
            f"g, group:{team}-admins, group:{team}",
        ]
    lines.append("p, 900, public, *, public/**, get, True, allow")
    lines += [
        f"g, user:{name}, group:{teams[number % 15]}{'-admins' if number % 9 == 0 else ''}"
        for number, name in enumerate(people(180))
    ]
    return tree(rows(*lines), FIREWALL_MODEL)


PATHS_MODEL = """[request_definition]
r = sub, obj, act
r2 = sub, dom, obj, act
[policy_definition]
p = sub, obj, act
p2 = sub, dom, obj, act
[role_definition]
g = _, _
# doorward: match g2 with keyMatch2
g2 = _, _
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = g(r.sub, p.sub) && keyMatch2(r.obj, p.obj) && regexMatch(r.act, p.act)
m2 = g(r2.sub, p2.sub) && r2.dom == p2.dom && g2(r2.obj, p2.obj) && r2.act == p2.act
"""


def path_patterns() -> Mapping[str, bytes]:
    """Paths with named parts, methods by regular expression, and groups of paths in a second section."""
    kinds = words("albums books cards dishes events films games houses items jobs kits lamps")
    lines = []
    for kind in kinds:
        lines += [
            f"p, {kind}-guest, /{kind}, ^GET$",
            f"p, {kind}-guest, /{kind}/:id, ^GET$",
            f"p, {kind}-member, /{kind}/:id/comments, ^(GET|POST)$",
            f"p, {kind}-member, /{kind}/:id/comments/:comment, ^(PUT|DELETE)$",
            f"p, {kind}-editor, /{kind}/:id, ^(PUT|PATCH)$",
            f"p, {kind}-editor, /{kind}/:id/media/*, ^(GET|PUT|DELETE)$",
            f"p, {kind}-admin, /admin/{kind}/*, ^.*$",
            f"p2, {kind}-admin, europe, {kind}-pages, publish",
            f"p2, {kind}-editor, europe, {kind}-drafts, review",
            f"g, {kind}-member, {kind}-guest",
            f"g, {kind}-editor, {kind}-member",
            f"g, {kind}-admin, {kind}-editor",
            f"g2, /{kind}/:id/page, {kind}-pages",
            f"g2, /{kind}/:id/draft, {kind}-drafts",
        ]
    lines += [
        f"g, {name}, {kinds[number % 12]}-{('member', 'editor', 'admin')[number % 3]}"
        for number, name in enumerate(people(90))
    ]
    return tree(rows(*lines), PATHS_MODEL)


ATTRIBUTE_MODEL = """[request_definition]
r = sub, obj, act
[policy_definition]
p = rule, obj_type, act, when
[policy_effect]
e = some(where (p.eft == allow))
[matchers]
m = r.sub.Active && r.obj.Type == p.obj_type && r.act == p.act && eval(p.when)
"""


def objects_with_attributes() -> Mapping[str, bytes]:
    """Objects in the place of names: what stock Casbin calls ABAC."""
    types = words("claim contract driver fleet parcel pickup quote route stop tariff toll truck van waybill")
    actions = ["read", "update", "assign", "close"]
    lines = []
    for number, kind in enumerate(types):
        for action in actions:
            lines += [
                f"p, {kind}-{action}-owner, {kind}, {action}, r.sub.Name == r.obj.Owner",
                f"p, {kind}-{action}-depot, {kind}, {action}, r.sub.Depot == r.obj.Depot and r.sub.Grade >= {number % 5 + 1}",
            ]
    return tree(rows(*lines), ATTRIBUTE_MODEL)
