"""Prices: what people write, and the minor units that the wire has."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from doorward_sdk.errors import CallError

# ISO 4217: the currencies whose minor unit is not a hundredth.
_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND"), 0),
    **dict.fromkeys(("VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_USUAL_DIGITS = 2
_MOST = Decimal(10) ** 15


def minor_units(price: object, currency: str) -> int:
    """A price in minor units: 49.5 in USD is 4950. Raises CallError for what is none, or has more digits than these."""
    is_number = isinstance(price, (int, float, str, Decimal)) and not isinstance(price, bool)
    try:
        exact = Decimal(str(price)) if is_number else Decimal("nan")
    except InvalidOperation:
        exact = Decimal("nan")
    if not exact.is_finite() or not 0 <= exact <= _MOST:
        raise CallError(f"the price {price!r} is none; give a number, like 49.00")
    digits = _DIGITS.get(currency, _USUAL_DIGITS)
    if exact != round(exact, digits):
        raise CallError(f"the price {price!r} is finer than {currency} is; give {digits} digits after the point")
    return int(exact.scaleb(digits))


def major_text(price: int, currency: str) -> str:
    """A price as people write it: 4950 in USD is 49.50."""
    digits = _DIGITS.get(currency, _USUAL_DIGITS)
    return f"{Decimal(price).scaleb(-digits):.{digits}f}"
