"""Policy trees as companies write them with the default model, of 100 to 10,000 rules, the same each time."""

import random
from collections.abc import Mapping
from itertools import cycle, product

from support.lint_names import COMPANIES, SECTORS, people, rows, words
from support.trees import MODEL, tree


def saas_tenants() -> Mapping[str, bytes]:
    """A product for companies: plans of roles for all tenants, a few rules of their own for some of them."""
    chance = random.Random(1)  # noqa: S311 - the same each time, not a secret
    tenants = [f"{company}-{sector}" for company, sector in product(COMPANIES, SECTORS)]
    actions = {
        "projects": ["view", "create", "edit", "archive"],
        "invoices": ["view", "create", "approve", "export"],
        "members": ["view", "invite", "remove"],
        "reports": ["view", "schedule", "export"],
        "webhooks": ["view", "create", "delete"],
    }
    lines = ["# Roles are the same in every tenant."]
    for kind, names in actions.items():
        lines.append(f"p, viewer-views-{kind}, role:viewer, *, {kind}:*, view, True, allow")
        lines += [f"p, editor-{name}-{kind}, role:editor, *, {kind}:*, {name}, True, allow" for name in names[1:-1]]
        lines.append(f"p, owner-{names[-1]}-{kind}, role:owner, *, {kind}:*, {names[-1]}, True, allow")
    lines += [
        "p, support-reads-all, role:support, *, *, view, True, allow",
        "g, role:editor, role:viewer, *",
        "g, role:owner, role:editor, *",
    ]
    for tenant in tenants:
        lines.append(f"p, {tenant}-closes-2024, *, {tenant}, invoices:2024-*, approve, True, deny")
        lines.append(f"p, {tenant}-finance-export, role:finance, {tenant}, invoices:*, export, True, allow")
    for name in people(900):
        lines.append(
            f"g, user:{name}, role:{chance.choice(['viewer', 'viewer', 'editor', 'owner', 'finance'])}, {chance.choice(tenants)}"
        )
    lines += [f"g, user:{name}, role:support, *" for name in ("helpdesk.one", "helpdesk.two")]
    directory = f"tenants: [{', '.join(tenants)}]\nactions:\n" + "".join(
        f"  {kind}: [{', '.join(names)}]\n" for kind, names in actions.items()
    )
    return tree(rows(*lines), MODEL, directory)


def hospital() -> Mapping[str, bytes]:
    """Wards with their own staff; what is sealed stays so; night shifts; roles come from the identity provider."""
    wards = words(
        "cardiology oncology neurology paediatrics surgery radiology maternity psychiatry geriatrics emergency"
    )
    lines = []
    for ward in wards:
        same = f"r.ctx.subject.department == '{ward}'"
        lines += [
            f"p, {ward}-nurse-reads-chart, role:nurse, *, chart:{ward}-*, read, {same}, allow",
            f"p, {ward}-nurse-notes, role:nurse, *, chart:{ward}-*, annotate, {same} and r.ctx.subject.on_duty, allow",
            f"p, {ward}-physician-reads, role:physician, *, chart:{ward}-*, read, {same}, allow",
            f"p, {ward}-physician-prescribes, role:physician, *, prescription:{ward}-*, write, {same} and r.ctx.subject.licensed, allow",
            f"p, {ward}-head-discharges, role:{ward}-head, *, admission:{ward}-*, discharge, True, allow",
            f"p, {ward}-head-reads, role:{ward}-head, *, chart:{ward}-*, read, True, allow",
            f"p, {ward}-roster, role:{ward}-planner, *, roster:{ward}-*, edit, True, allow",
            f"p, {ward}-night-access, role:nurse, *, cabinet:{ward}-*, open, hour(r.ctx.env.time, 'Europe/Berlin') >= 22 or hour(r.ctx.env.time, 'Europe/Berlin') < 6, allow",
            f"p, {ward}-sealed, *, *, chart:{ward}-*, read, has(r.ctx.resource.sealed) and r.ctx.resource.sealed and not 'ethics' in r.ctx.subject.boards, deny",
            f"p, {ward}-no-export, *, *, chart:{ward}-*, export, r.ctx.resource.consent != 'research', deny",
        ]
    lines += [
        "p, research-exports, role:researcher, *, chart:*, export, True, allow",
        "p, patients-read-own, *, *, chart:*, read, r.ctx.resource.patient == r.ctx.subject.id, allow",
    ]
    return tree(rows(*lines))


def shared_documents() -> Mapping[str, bytes]:
    """Ten thousand shares of single documents, folders for teams, owners by an attribute."""
    chance = random.Random(4)  # noqa: S311 - the same each time, not a secret
    users = people(600)
    lines = ["p, owners, *, *, doc:*, *, r.ctx.resource.owner == r.ctx.subject.id, allow"]
    lines.append("p, public, *, *, doc:*, read, r.ctx.resource.visibility == 'public', allow")
    lines.append("p, trashed, *, *, doc:*, write, r.ctx.resource.state == 'trashed', deny")
    lines += [
        f"p, folder-{number}, group:team-{number % 60}, *, folder:{number:03}/*, list, True, allow"
        for number in range(300)
    ]
    shares = set()
    while len(shares) < 9_697:
        shares.add(
            (chance.choice(users), chance.randrange(40_000), chance.choice(["read", "read", "comment", "write"]))
        )
    for user, doc, action in sorted(shares):
        lines.append(f"p, share-{doc:05}-{user}-{action}, user:{user}, *, doc:{doc:05}, {action}, True, allow")
    for number, name in enumerate(users):
        lines.append(f"g, user:{name}, group:team-{number % 60}, *")
    return tree(rows(*lines))


def bank() -> Mapping[str, bytes]:
    """Branches as tenants, amounts, four eyes, sanctions; roles come from the personnel system."""
    branches = [f"branch-{number:03}" for number in range(1, 121)]
    lines = [
        "p, four-eyes, *, *, payment:*, approve, r.ctx.resource.entered_by == r.ctx.subject.id, deny",
        "p, sanctioned, *, *, payment:*, *, r.ctx.resource.country in ('KP','SY'), deny",
        "p, frozen, *, *, account:*, debit, r.ctx.resource.status == 'frozen', deny",
        "p, outside-hours, *, *, vault:*, open, weekday(r.ctx.env.time, 'Europe/Zurich') >= 5, deny",
        "p, tellers-read, role:teller, *, account:*, read, True, allow",
        "p, tellers-enter, role:teller, *, payment:*, enter, r.ctx.context.amount <= 10000, allow",
        "p, managers-enter, role:manager, *, payment:*, enter, True, allow",
        "p, managers-approve, role:manager, *, payment:*, approve, r.ctx.context.amount <= 250000, allow",
        "p, directors-approve, role:director, *, payment:*, approve, True, allow",
        "p, auditors-read, role:auditor, *, *, read, True, allow",
        "p, auditors-change-nothing, role:auditor, *, account:*, debit, True, deny",
        "g, role:manager, role:teller, *",
        "g, role:director, role:manager, *",
    ]
    for number, branch in enumerate(branches):
        lines += [
            f"p, {branch}-vault, role:custodian, {branch}, vault:{branch}, open, True, allow",
            f"p, {branch}-limit, role:teller, {branch}, payment:*, release, r.ctx.context.amount < {1000 + 250 * (number % 9)}, allow",
            f"p, {branch}-cash, role:teller, {branch}, drawer:{branch}-*, count, True, allow",
            f"p, {branch}-closed, *, {branch}, safe:{branch}-archive, *, True, deny",
        ]
    return tree(rows(*lines))


def attributes() -> Mapping[str, bytes]:
    """Few roles and many conditions: classifications, projects, clearances; part of it stands in directory.yaml."""
    projects = [
        f"{colour}-{thing}"
        for colour, thing in product(
            words("amber cobalt crimson ivory jade onyx scarlet teal violet"),
            words("anchor bridge canyon forest glacier meadow river summit valley"),
        )
    ]
    lines = [
        f"p, {level}-needs-clearance, *, *, file:*, read, r.ctx.resource.classification == '{level}' and r.ctx.subject.clearance < {rank}, deny"
        for rank, level in enumerate(("internal", "confidential", "secret", "topsecret"), 1)
    ]
    for number, project in enumerate(projects):
        member = f"'{project}' in r.ctx.subject.projects"
        lines += [
            f"p, {project}-read, role:staff, *, file:{project}/*, read, {member}, allow",
            f"p, {project}-write, role:staff, *, file:{project}/*, write, {member} and r.ctx.subject.clearance >= {number % 4 + 1}, allow",
            f"p, {project}-share, role:lead, *, file:{project}/*, share, {member} and r.ctx.resource.classification != 'secret', allow",
            f"p, {project}-visitors, role:visitor, *, file:{project}/public/*, read, endswith(r.ctx.subject.email, '@example.org') and ipMatch(r.ctx.env.address, '10.{number}.0.0/16'), allow",
            f"p, {project}-embargo, *, *, file:{project}/drafts/*, read, r.ctx.env.time < {1790000000 + 86400 * number} and not contains(r.ctx.subject.projects, '{project}'), deny",
        ]
    lines.append("g, role:lead, role:staff, *")
    directory = ["subjects:", "  user:"] + [
        f"    {name}: {{clearance: {number % 5}, projects: [{projects[number % 81]}], email: {name}@example.org}}"
        for number, name in enumerate(people(200))
    ]
    directory += ["resources:", "  file:"] + [
        f"    {project}/readme: {{classification: internal, owner: {name}}}"
        for project, name in zip(projects, cycle(people(40)), strict=False)
    ]
    directory += ["actions:", "  file: [read, write, share]"]
    return tree(rows(*lines), MODEL, rows(*directory))


def university() -> Mapping[str, bytes]:
    """Courses and terms: each course's teachers and students are roles; grades are kept from students."""
    subjects = words(
        "algebra botany chemistry drama economics french geology history italian japanese law music physics statistics zoology"
    )
    courses = [f"{subject}-{number}" for subject, number in product(subjects, range(101, 121))]
    lines = [
        "p, registrar-everything, role:registrar, *, *, *, True, allow",
        "p, students-read-own, *, *, grade:*, read, r.ctx.resource.student == r.ctx.subject.id, allow",
    ]
    for course in courses:
        lines += [
            f"p, {course}-attend, role:{course}-student, *, lecture:{course}/*, view, True, allow",
            f"p, {course}-submit, role:{course}-student, *, assignment:{course}/*, submit, r.ctx.env.time < 1798761600, allow",
            f"p, {course}-publish, role:{course}-teacher, *, lecture:{course}/*, publish, True, allow",
            f"p, {course}-mark, role:{course}-teacher, *, grade:{course}/*, enter, True, allow",
            f"p, {course}-assist, role:{course}-assistant, *, grade:{course}/*, propose, True, allow",
            f"g, role:{course}-teacher, role:{course}-student, *",
        ]
    return tree(rows(*lines))
