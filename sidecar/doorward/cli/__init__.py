"""The command `doorward`: one module a command group, a client of the API like any other."""

import logging

import click

from doorward import __version__
from doorward.cli.casbin import import_group
from doorward.cli.check import check
from doorward.cli.encryption import encryption
from doorward.cli.health import health
from doorward.cli.init import init
from doorward.cli.keys import keys
from doorward.cli.migrate import migrate
from doorward.cli.policy import policy
from doorward.cli.roles import roles
from doorward.cli.rules import rules
from doorward.cli.security import security
from doorward.cli.serve import serve
from doorward.cli.sessions import sessions
from doorward.cli.tenants import tenants
from doorward.cli.terminal import respect_no_color
from doorward.cli.users import users

__all__ = ["main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="doorward")
@click.pass_context
def main(context: click.Context) -> None:
    """May this subject do this? Answered from Casbin policy in git.

    \b
    Exit codes: 0 yes, ok; 1 no, denied, differs; 2 usage; 3 a policy does not load;
    4 a policy test failed; 5 unreachable or not permitted.
    """
    respect_no_color(context)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("watchfiles").setLevel(logging.WARNING)


for command in (
    serve,
    check,
    init,
    import_group,
    policy,
    tenants,
    users,
    roles,
    rules,
    keys,
    sessions,
    encryption,
    security,
    health,
    migrate,
):
    main.add_command(command)
