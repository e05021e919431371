"""The command `doorward`: one module a command group, a client of the API like any other."""

import logging
from importlib import import_module
from typing import Final

import click

from doorward import __version__
from doorward.cli.terminal import respect_no_color

__all__ = ["main"]

_MODULES: Final = {
    "billing": "billing",
    "check": "check",
    "encryption": "encryption",
    "features": "features",
    "health": "health",
    "import": "casbin",
    "init": "init",
    "keys": "keys",
    "migrate": "migrate",
    "policy": "policy",
    "roles": "roles",
    "rules": "rules",
    "security": "security",
    "serve": "serve",
    "sessions": "sessions",
    "settings": "settings",
    "tenants": "tenants",
    "usage": "usage",
    "users": "users",
}


class Commands(click.Group):
    """Loads the module of a command when it is named: one that only asks a sidecar starts in a third of the time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - as click calls it
        """Every command, by name."""
        return sorted(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of a name."""
        module = _MODULES.get(cmd_name)
        if module is None:
            return None
        name = "import_group" if cmd_name == "import" else cmd_name
        command: click.Command = getattr(import_module(f"doorward.cli.{module}"), name)
        return command


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
