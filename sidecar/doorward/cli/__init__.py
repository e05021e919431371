"""The command `doorward`: one module a command group, a client of the API like any other."""

import logging
from importlib import import_module
from typing import Final

import click

from doorward import __version__
from doorward.cli.terminal import respect_no_color

__all__ = ["main"]

_COMMANDS: Final = {  # each with its module, and what it does
    "billing": ("billing.group", "Plans, and subscriptions of tenants to them."),
    "check": ("policy.check", "May a subject do this? Exit code 0: allowed, 1: denied."),
    "encryption": ("records.encryption", "The keys that secrets are sealed under; replace them."),
    "features": ("features.group", "Declare, evaluate, explain and override feature flags."),
    "health": ("serving.health", "Ask /readyz."),
    "import": ("policy.casbin", "Make a policy tree from the files of another program."),
    "init": ("policy.init", "Make a policy repository that a team can push."),
    "keys": ("records.keys", "List, make, rotate and revoke API keys."),
    "migrate": ("serving.migrate", "Bring the database to the schema of this Doorward."),
    "policy": ("policy.group", "Check, test, explain and show a policy tree."),
    "roles": ("policy.roles", "List, show and declare the roles of a policy."),
    "rules": ("policy.rules", "List, show and change the access rules of a policy."),
    "security": ("records.security", "Ask what the security policies say."),
    "serve": ("serving.serve", "Serve a policy: answer over HTTP, follow its changes."),
    "sessions": ("records.sessions", "List and revoke sessions of users."),
    "settings": ("serving.settings", "What is set of the enterprise features, and where."),
    "tenants": ("records.tenants", "List, show, record and change tenants."),
    "usage": ("usage.group", "Check and count what tenants use."),
    "users": ("records.users", "List, show, record and change users and their roles."),
}
_NAMES: Final = {"import": "import_group"}


class Commands(click.Group):
    """Loads a command's module when it is run: one that only asks a sidecar starts in a third of the time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Every command, by name."""
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"doorward.cli.{_COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, _NAMES.get(cmd_name, cmd_name))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of all commands; click would load each one to ask it what it does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, told) for name, (_, told) in _COMMANDS.items()])


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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
