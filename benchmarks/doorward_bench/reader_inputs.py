"""Inputs that could take a reader more time than their size warrants: families that grow, one tree a size."""

from __future__ import annotations

from doorward_bench.reader_trees import (
    LAST_COLUMN,
    LAST_PART,
    LAST_TOKEN,
    LEVELS_MODEL,
    ONE_RULE,
    PATTERN_RULE,
    PATTERNS_MODEL,
    PRIORITY_MODEL,
    WINDOWS_MODEL,
    Family,
    chain_of_flags,
    conditions,
    faulty_rules,
    flags,
    indents,
    layers,
    model,
    of_model,
    repeated,
    roles,
    rule,
    rules,
    section_sets,
    split_chain,
    square,
    star_of_flags,
    tree,
    wide_rows,
    yaml,
)

NAME = "r.ctx.resource.name"
ROWS = (
    Family("rows: plain", 2_000, rules(lambda number: rule(number, obj=f"doc:{number}"))),
    Family("rows: one object", 2_000, rules(rule)),
    Family("rows: one object, many subjects", 2_000, rules(lambda number: rule(number, sub=f"role:r{number}"))),
    Family("rows: many tenants", 2_000, rules(lambda number: rule(number, dom=f"t{number}"))),
    Family("rows: prefixes inside prefixes", 250, rules(lambda number: rule(number, obj=f"doc:{'a' * number}*"))),
    Family("rows: prefixes beside prefixes", 2_000, rules(lambda number: rule(number, obj=f"doc:{number:06d}*"))),
    Family(
        "rows: prefixes in every column",
        2_000,
        rules(lambda number: rule(number, f"role:r{number % 99}", f"t{number % 77}", f"doc:{number % 55}*")),
    ),
    Family("rows: one long name", 1_000_000, lambda size: tree(rule(0, obj=f"doc:{'a' * size}") + "\n")),
    Family("rows: many fields", 50_000, lambda size: tree("p" + ", a" * size + "\n"), fits=False),
    Family("rows: empty fields", 100_000, lambda size: tree("p" + "," * size + "\n"), fits=False),
    Family("rows: nested brackets", 40_000, lambda size: tree(f"p, {'(' * size}{')' * size}\n"), fits=False),
    Family("rows: open brackets", 40_000, lambda size: tree(f"p, {'([' * size}\n"), fits=False),
    Family("rows: blank lines and remarks", 25_000, lambda size: tree(ONE_RULE + "\n#\n   \n" * size)),
    Family("rows: one name", 2_000, rules(lambda _: rule(0)), fits=False),
    Family("rows: a fault in each", 2_000, rules(lambda number: f"p, rule-{number}, a*b, , (, x"), fits=False),
    Family("rows: a faulty pattern in each", 2_000, rules(lambda number: rule(number, obj=f"a*{number}")), fits=False),
    Family("columns: many", 1_000, model(LAST_COLUMN, ", c@"), fits=False),
    Family("columns: many, and filled", 1_000, wide_rows),
)
ROLES = (
    Family("roles: a user each", 4_000, roles(lambda size: ((f"user:{one}", "role:r", "*") for one in range(size)))),
    Family("roles: one user, many", 500, roles(lambda size: (("user:a", f"role:{one}", "*") for one in range(size)))),
    Family(
        "roles: one user, many tenants",
        500,
        roles(lambda size: (("user:a", "role:r", f"t{one}") for one in range(size))),
    ),
    Family("roles: one row again", 500, roles(lambda size: [("user:a", "role:r", "*")] * size)),
    Family(
        "roles: a chain",
        1_000,
        roles(lambda size: ((f"role:{one}", f"role:{one + 1}", "*") for one in range(size))),
        fits=False,
    ),
    Family(
        "roles: a circle",
        1_000,
        roles(lambda size: ((f"role:{one}", f"role:{(one + 1) % size}", "*") for one in range(size))),
        fits=False,
    ),
    Family("roles: layers, each holding the next", 4_000, roles(layers)),
    Family(
        "roles: many users, many roles",
        4_000,
        roles(
            lambda size: (
                (f"user:{one}", f"role:{other}", "*") for one in range(square(size)) for other in range(square(size))
            )
        ),
    ),
    Family("roles: many tenants, a chain across", 100, roles(split_chain)),
)
CONDITIONS = (
    Family("conditions: other literals", 250, conditions(lambda number: f"{NAME} == 'u{number}'")),
    Family("conditions: other attributes", 250, conditions(lambda number: f"r.ctx.resource.a{number} == 'u'")),
    Family("conditions: other keyMatch2", 500, conditions(lambda number: f"keyMatch2({NAME}, '/a{number}/:id')")),
    Family("conditions: other globMatch", 500, conditions(lambda number: f"globMatch({NAME}, 'a{number}/**/*.b')")),
    Family("conditions: other regexMatch", 500, conditions(lambda number: f"regexMatch({NAME}, '^a{number}[b-d]+$')")),
    Family(
        "conditions: other long alternations",
        30,
        conditions(lambda number: repeated(f"regexMatch({NAME}, '^(x{number}", "|ab", ")$')")),
    ),
    Family(
        "conditions: other long &&-chains",
        15,
        conditions(lambda number: " && ".join([f"r.ctx.subject.a{number} == 1"] + ["r.ctx.subject.b == 2"] * 25)),
    ),
    Family(
        "conditions: other long lists",
        30,
        conditions(lambda number: f"{NAME} in [{number}{', 1' * 370}]"),
    ),
    Family("conditions: other networks", 250, conditions(
        lambda number: f"ipMatch(r.ctx.env.address, '10.{number >> 8 & 255}.{number & 255}.0/24')"
    )),
    Family("conditions: too long", 100, conditions(lambda number: f"{NAME} == '{number}{'a' * 5_000}'"), fits=False),
    Family("conditions: not to be parsed", 10, conditions(lambda number: f"{number}" + "!" * 4_000), fits=False),
    Family("conditions: too deep", 10, conditions(lambda number: "(" * 1_900 + f"{number}" + ")" * 1_900), fits=False),
    Family("conditions: too many parts", 10, conditions(lambda number: f"{number}" + " < 1" * 900), fits=False),
)  # fmt: skip
MODELS = (
    Family("model: remarks", 20_000, model(LAST_PART, "\n#\n")),
    Family("model: a long remark", 100_000, model(LAST_PART, "#", "\n#")),
    Family("model: unknown sections", 4_000, model(LAST_PART, "\n[x]"), fits=False),
    Family("model: definitions again", 4_000, model(LAST_PART, "\nm = a"), fits=False),
    Family("model: lines that go on", 20_000, model(LAST_PART, " \\\n")),
    Family("model: many tokens", 1_000, model(LAST_TOKEN, ", c@")),
    Family("model: one name", 20_000, model(LAST_COLUMN, ", x"), fits=False),
    Family("model: faulty names", 20_000, model(LAST_COLUMN, ", -"), fits=False),
    Family("model: a long role definition", 20_000, model("g = _, _, _", ", _"), fits=False),
    Family("model: a long matcher", 5_000, model(LAST_PART, " && r.sub == p.sub"), fits=False),
)
YAMLS = (
    Family("YAML: keys", 2_000, yaml("subjects:\n  user:\n", "    u@: {a: 1}\n")),
    Family("YAML: types", 2_000, yaml("resources:\n", "  t@: {}\n")),
    Family("YAML: a long flow list", 2_000, yaml("tenants: [", "t@, ", "]")),
    Family("YAML: a long flow mapping", 2_000, yaml("subjects: {user: {", "u@: {}, ", "}}")),
    Family("YAML: a long block list", 2_000, yaml("tenants:\n", "- t@\n")),
    Family("YAML: a long text", 15_000, yaml("subjects: {user: {u: {a: '", "a b\n  ", "'}}}")),
    Family("YAML: a long escaped text", 20_000, yaml('subjects: {user: {u: {a: "', "\\x41", '"}}}')),
    Family("YAML: a block text", 10_000, yaml("subjects:\n  user:\n    u:\n      a: |\n", "        line\n")),
    Family("YAML: a long key", 50_000, yaml("? a", "a", "\n: 1"), fits=False),
    Family("YAML: deep", 50_000, yaml("a: ", "["), fits=False),
    Family("YAML: deep by indents", 150, indents, fits=False),
    Family("YAML: deep by dashes", 50_000, yaml("a:\n", "- "), fits=False),
    Family("YAML: one key", 2_000, yaml("subjects:\n", "  user: {}\n"), fits=False),
    Family("YAML: aliases", 2_000, yaml("a: &a 1\nb: [", "*a, ", "]"), fits=False),
    Family("YAML: unknown keys", 2_000, yaml("", "k@: 1\n"), fits=False),
    Family("YAML: tenants that are none", 2_000, yaml("tenants: [", "{a: 1}, ", "]"), fits=False),
    Family("YAML: remarks", 40_000, yaml("tenants: []\n", "#\n\n")),
    Family("YAML: a long remark", 100_000, yaml("tenants: [] #", "#")),
    Family("YAML: spaces", 100_000, yaml("tenants: ", " ", "[]")),
    Family("YAML: colons", 50_000, yaml("a: ", ":"), fits=False),
    Family("YAML: question marks", 20_000, yaml("", "? "), fits=False),
    Family("YAML: documents", 20_000, yaml("", "---\n"), fits=False),
    Family("YAML: tags", 2_000, yaml("", "%TAG !a@! b\n", "--- {}"), fits=False),
    Family("YAML: tags of another document", 2_000, yaml("a: 1\n...\n", "%TAG !a@! b\n", "--- {}"), fits=False),
)
BOOLEAN = "type: boolean, default: off"
RULES_OF = "f:\n  type: boolean\n  default: off\n  rules:\n"
FLAGS = (
    Family("flags: many", 1_000, flags("", f"f@: {{{BOOLEAN}}}\n")),
    Family("flags: a chain", 1_000, chain_of_flags),
    Family("flags: one requires all", 1_000, star_of_flags),
    Family("flags: rules", 1_000, flags(RULES_OF, "  - {when: r.ctx.context.n == @, serve: on}\n")),
    Family("flags: rules behind one that decides", 1_000, flags(RULES_OF, "  - {serve: on}\n"), fits=False),
    Family("flags: rules that serve nothing", 500, faulty_rules, fits=False),
    Family("flags: segments", 1_000, flags("$segments:\n", "  s@: r.ctx.context.n == @\n")),
    Family("flags: variants", 2_000, flags("f: {type: integer, default: v0, variants: {", "v@: @, ", "}}")),
    Family("flags: faulty ones", 1_000, flags("", "f@: {type: x, variants: {a: 1}, rules: [{}]}\n"), fits=False),
    Family("flags: none required", 2_000, flags(f"f: {{{BOOLEAN}, requires: {{", "x@: on, ", "}}"), fits=False),
    Family("flags: circles", 1_000, flags("", f"f@: {{{BOOLEAN}, requires: {{f@: on}}}}\n"), fits=False),
)
KINDS = (
    Family("model: section sets", 500, section_sets, fits=False),
    Family(
        "rows: priorities",
        2_000,
        of_model(PRIORITY_MODEL, lambda number: f"p, user:a, doc:{number % 9}, read, allow, {number * 7919 % 1_000}"),
    ),
    Family(
        "rows: levels of subjects",
        1_000,
        of_model(
            LEVELS_MODEL,
            lambda number: f"p, role:r{number}, doc:{number % 9}, read, allow\ng, role:r{number}, role:s{number % 9}",
        ),
    ),
    Family(
        "roles: time windows of one user",
        500,
        of_model(WINDOWS_MODEL, lambda number: f"g, user:a, role:r{number}, acme, 2020-01-01 00:00:00, _", ONE_RULE),
    ),
    Family(
        "roles: patterns",
        250,
        of_model(PATTERNS_MODEL, lambda number: f"g2, /{number}/:id, things", PATTERN_RULE),
    ),
    Family(
        "roles: patterns, and names that begin alike",
        100,
        of_model(
            PATTERNS_MODEL, lambda number: f"g2, /:id/{number}, things\ng2, /x/{number}, name-{number}", PATTERN_RULE
        ),
    ),
)
FAMILIES = (*KINDS, *MODELS, *ROWS, *ROLES, *CONDITIONS, *YAMLS, *FLAGS)
