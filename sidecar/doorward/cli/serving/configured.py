"""What is configured by BMAD_* and the file of DOORWARD_CONFIG, for commands that answer themselves."""

import logging

import click

from doorward.configuration import Configuration, read_configuration

_log = logging.getLogger("doorward.settings")


def configured() -> Configuration:
    """What is set. Ends the command where it cannot be read."""
    try:
        return read_configuration()
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="BMAD_*, DOORWARD_CONFIG") from error


def tell_configured(configuration: Configuration) -> None:
    """Log what is set, and where, and what nothing heeds."""
    for name, origin in configuration.origins.items():
        _log.info("%s is %s (%s)", name, configuration.values[name], origin)
    for one in configuration.unheeded:
        _log.warning("%s is set, and this version has nothing that heeds it", one)
