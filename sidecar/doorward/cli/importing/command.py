"""`doorward tenants import` and `doorward users import`: one command, made for each."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import click

from doorward.cli.asking import asked, json_option, url_option
from doorward.cli.importing.lines import Lines
from doorward.cli.importing.records import HeaderFault, Read, csv_reader, header_of, jsonl_reader, records
from doorward.cli.importing.refusals import Refusals
from doorward.cli.importing.resumption import Position, Resumption
from doorward.cli.importing.run import Send, import_records
from doorward.cli.importing.shapes import Shape
from doorward.cli.progress import Progress
from doorward.cli.terminal import Exit, counted, fail, print_json
from doorward.settings import state_folder
from doorward_sdk import Doorward, RequestFailed

_CSV, _JSONL = ".csv", ".jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """What a command line asks for."""

    file: Path
    shape: Shape
    dry_run: bool
    errors: Path | None
    resumption: Resumption


def import_command(shape: Shape, scope: str) -> click.Command:
    """The command that imports things of a shape."""

    @click.command("import", help=_help(shape))
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    @click.option("--dry-run", is_flag=True, help="Say what would become of each line, and change nothing.")
    @click.option("--restart", is_flag=True, help="Begin at the first line, wherever it was left.")
    @click.option(
        "--errors",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="Keep the refused lines there, to be mended and imported again.",
    )
    @url_option
    @json_option
    def command(  # noqa: PLR0913 - one parameter an option
        *, file: Path, dry_run: bool, restart: bool, errors: Path | None, url: str | None, as_json: bool
    ) -> None:
        _check(file, errors)
        wanted = Import(file=file, shape=shape, dry_run=dry_run, errors=errors, resumption=_resumption(file, url))
        with _file_faults(), asked(url, scope) as client:
            if restart:
                wanted.resumption.forget()
            reached = _run(wanted, client)
        _tell(reached, wanted, as_json=as_json)
        raise SystemExit(int(Exit.NO if reached.refused else Exit.OK))

    return command


def _help(shape: Shape) -> str:
    return (
        f"Record the {shape.plural} of FILE, a .csv with a header or a .jsonl with an object a line.\n\n"
        f"Members: {', '.join(shape.required)}; may be left out: {', '.join(shape.optional)}. "
        "What exists already is skipped. An import that was interrupted goes on where it was left "
        "(FILE.progress). Exit code 1: a line was refused."
    )


def _check(file: Path, errors: Path | None) -> None:
    if file.suffix.lower() not in {_CSV, _JSONL}:
        raise click.BadParameter(f"{file} ends with neither {_CSV} nor {_JSONL}", param_hint="FILE")
    if not file.is_file():
        raise click.BadParameter(f"{file} is no regular file, which could be read again", param_hint="FILE")
    if errors is not None and errors.exists() and errors.samefile(file):
        raise click.BadParameter("it is the file to be imported; name another", param_hint="--errors")


def _resumption(file: Path, url: str | None) -> Resumption:
    target = url or os.environ.get("DOORWARD_URL") or str(state_folder().absolute())
    return Resumption(file, target, lambda: str(uuid4()))


def _run(wanted: Import, client: Doorward) -> Position:
    start = Position() if wanted.dry_run else wanted.resumption.begin()
    with wanted.file.open("rb") as file, Progress(str(wanted.file), wanted.file.stat().st_size) as progress:
        read, header = _opened(file, wanted.shape, start)
        _begin(wanted, start)
        with Refusals(wanted.file, wanted.errors, header, progress.tell) as refusals:

            def answered(position: Position) -> None:
                if not wanted.dry_run:
                    wanted.resumption.note(position)
                progress.at(position.offset, _counts(position, wanted))

            try:
                reached = import_records(records(read), _send(wanted, client), start, refusals, answered)
            except RequestFailed:
                if not wanted.dry_run:
                    progress.tell(f"{wanted.file}: interrupted; the same command goes on where it was left")
                raise
    _end(wanted, reached)
    return reached


def _begin(wanted: Import, start: Position) -> None:
    if not wanted.dry_run:
        wanted.resumption.note(start)
    if start.line:
        click.echo(f"{wanted.file}: goes on behind line {start.line:,}; --restart begins again", err=True)
    elif wanted.errors is not None:
        wanted.errors.unlink(missing_ok=True)


def _end(wanted: Import, reached: Position) -> None:
    if not wanted.dry_run:
        wanted.resumption.forget()
    if wanted.errors is not None and not reached.refused:
        wanted.errors.unlink(missing_ok=True)


def _opened(file: BinaryIO, shape: Shape, start: Position) -> tuple[Read, bytes]:
    """What reads the records from a position on, and the header that a file of some of them needs."""
    if Path(file.name).suffix.lower() == _JSONL:
        return jsonl_reader(Lines(file, number=start.line, offset=start.offset), shape), b""
    lines = Lines(file)
    columns, header = header_of(lines, shape)
    if start.line:
        lines = Lines(file, number=start.line, offset=start.offset)
    return csv_reader(lines, columns, shape), header


def _send(wanted: Import, client: Doorward) -> Send:
    many = client.tenants.import_many if wanted.shape.plural == "tenants" else client.users.import_many
    if wanted.dry_run:
        return lambda items, _: many(items, dry_run=True)
    return lambda items, name: many(items, idempotency_key=f"{wanted.resumption.name}.{name}")


@contextmanager
def _file_faults() -> Iterator[None]:
    """Faults of the file itself, as usage errors."""
    try:
        yield
    except HeaderFault as error:
        fail(Exit.USAGE, str(error))
    except OSError as error:
        fail(Exit.USAGE, f"{error.filename or 'the file'}: {error.strerror or error}")


def _counts(position: Position, wanted: Import) -> str:
    made = "would be created" if wanted.dry_run else "created"
    return f"{position.created:,} {made}, {position.exists:,} there already, {position.refused:,} refused"


def _tell(position: Position, wanted: Import, *, as_json: bool) -> None:
    if as_json:
        told = {"created": position.created, "exists": position.exists, "refused": position.refused}
        print_json({**told, "dry_run": wanted.dry_run})
        return
    click.echo(_counts(position, wanted))
    if wanted.errors is not None and position.refused:
        click.echo(f"  next: mend {counted(position.refused, 'line')} in {wanted.errors}, and import that file")
