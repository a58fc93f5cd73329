"""Normal numbers of eight generators at once, added to eight rows: vectors of whatever processor compiles them.

Loops of such products and look-ups are not made into vectors by a compiler that reckons what they cost, so they are
written down as vectors. Generators lie in groups of eight, field by field: see `envs.noise_compiled`.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from envs.dice import MULTIPLIER

LANES = 8
HIGH, LOW, INCREMENT_HIGH, INCREMENT_LOW, HAS_HALF, HALF = range(6)
"""Fields of a group, as in a row of dice: see `envs.dice`."""
AFTER_HIGH, AFTER_LOW, AFTER_HALF, BEFORE_HIGH, BEFORE_LOW, DRAWN = range(6)
"""Fields of a draw: the states after it, those before its last word, and from here on the words drawn."""

_BYTE, _SHORT, _WORD, _FLOAT = ir.IntType(8), ir.IntType(32), ir.IntType(64), ir.FloatType()
_SHORTS, _WORDS, _FLOATS = (ir.VectorType(kind, LANES) for kind in (_SHORT, _WORD, _FLOAT))
_GROUP = 8 * LANES  # bytes of a field


def _every(value: int, kind: Any = _WORDS) -> Any:
    return ir.Constant(kind, [value] * LANES)


class _Memory:
    """What lies at an address."""

    def __init__(self, builder: Any, address: Any, align: int) -> None:
        self.builder, self.address, self.align = builder, address, align

    def _at(self, offset: int, kind: Any) -> Any:
        return self.builder.inttoptr(self.builder.add(self.address, ir.Constant(_WORD, offset)), kind.as_pointer())

    def load(self, offset: int, kind: Any = _WORDS) -> Any:
        loaded = self.builder.load(self._at(offset, kind))
        loaded.align = min(self.align, 1 if kind is _BYTE else self.align)
        return loaded

    def store(self, value: Any, offset: int) -> None:
        self.builder.store(value, self._at(offset, value.type)).align = self.align


def _advanced(b: Any, high: Any, low: Any, increment_high: Any, increment_low: Any) -> tuple[Any, Any]:
    """Give the next states: products of 64 bits made of products of 32."""
    half, thirty_two = _every(0xFFFFFFFF), _every(32)
    low_high, low_low = b.lshr(low, thirty_two), b.and_(low, half)
    one, two = _every(MULTIPLIER & 0xFFFFFFFF), _every(MULTIPLIER >> 32 & 0xFFFFFFFF)
    crossed = b.mul(low_low, two)
    middle = b.add(b.add(b.lshr(b.mul(low_low, one), thirty_two), b.mul(low_high, one)), b.and_(crossed, half))
    upper = b.add(b.add(b.mul(low_high, two), b.lshr(crossed, thirty_two)), b.lshr(middle, thirty_two))
    lower = b.mul(low, _every(MULTIPLIER & 0xFFFFFFFFFFFFFFFF))
    next_low = b.add(lower, increment_low)
    carry = b.zext(b.icmp_unsigned("<", next_low, lower), _WORDS)
    upper = b.add(b.add(upper, b.mul(high, _every(MULTIPLIER & 0xFFFFFFFFFFFFFFFF))), carry)
    return b.add(b.add(upper, b.mul(low, _every(MULTIPLIER >> 64))), increment_high), next_low


@intrinsic(prefer_literal=True)
def draw_lanes(_: Any, channels: Any, group: Any, drawn: Any) -> Any:
    """Draw 32 bits for each of some channels, a constant, from a group at an address; what comes of it, to another."""
    words = (channels.literal_value + 1) // 2

    def generate(context: Any, b: Any, signature: Any, arguments: Any) -> Any:
        source, target = (_Memory(b, address, 8) for address in arguments[1:])
        high, low, increment_high, increment_low, has_half, half = (source.load(_GROUP * k) for k in range(6))
        # Where half a word is left over, all words are shifted by that half.
        shift, kept = b.shl(has_half, _every(5)), b.sub(_every(0), has_half)
        before = high, low
        for k in range(words):
            before = high, low
            high, low = _advanced(b, high, low, increment_high, increment_low)
            mixed, turn = b.xor(high, low), b.lshr(high, _every(58))
            back = b.and_(b.sub(_every(64), turn), _every(63))
            word = b.or_(b.lshr(mixed, turn), b.shl(mixed, back))
            target.store(b.or_(b.shl(word, shift), b.and_(half, kept)), _GROUP * (DRAWN + k))
            half = b.lshr(word, _every(32))
        for k, value in enumerate((high, low, half, *before)):
            target.store(value, _GROUP * k)
        return context.get_dummy_value()

    return types.void(channels, types.uint64, types.uint64), generate


@intrinsic(prefer_literal=True)
def add_lanes(_: Any, channels: Any, group: Any, drawn: Any, seen: Any, factors: Any, layers: Any) -> Any:
    """Add the numbers that were drawn for a group, and go on to the states after them.

    It takes how many channels there are, a constant, and the addresses of the group, of what `draw_lanes` wrote, of
    eight rows of observations, of what their numbers are multiplied with, ``(8, channels)``, and of the layers: see
    `envs.noise_compiled`. It gives a bit for each row; where it is 0, one of the numbers does not lie within its
    layer's rectangle, and nothing is done.
    """
    count = channels.literal_value

    def generate(context: Any, b: Any, signature: Any, arguments: Any) -> Any:
        state, draw = (_Memory(b, address, 8) for address in arguments[1:3])
        rows, factor = (_Memory(b, address, 4) for address in arguments[3:5])
        numbers, done = [], _every(1, ir.VectorType(ir.IntType(1), LANES))
        for channel in range(count):
            word = draw.load(_GROUP * (DRAWN + channel // 2))
            bits = b.trunc(b.lshr(word, _every(32)) if channel % 2 else word, _SHORTS)
            layer: Any = ir.Constant(_WORDS, ir.Undefined)
            for lane in range(LANES):
                # A byte that is read anew is sooner at hand than one that is taken out of a vector.
                place = _GROUP * (DRAWN + channel // 2) + 8 * lane + 4 * (channel % 2)
                offset = b.shl(b.zext(draw.load(place, _BYTE), _WORD), ir.Constant(_WORD, 3))
                found = _Memory(b, b.add(arguments[5], offset), 8).load(0, _WORD)
                layer = b.insert_element(layer, found, ir.Constant(_SHORT, lane))
            done = b.and_(done, b.icmp_unsigned("<", bits, b.trunc(layer, _SHORTS)))
            width = b.bitcast(b.trunc(b.lshr(layer, _every(32)), _SHORTS), _FLOATS)
            size = b.fmul(b.sitofp(b.lshr(bits, _every(9, _SHORTS)), _FLOATS), width)
            sign = b.shl(b.and_(bits, _every(0x100, _SHORTS)), _every(23, _SHORTS))
            numbers.append(b.xor(b.bitcast(size, _SHORTS), sign))
        # Minus zero adds nothing, whatever it is added to.
        numbers = [b.select(done, number, _every(1 << 31, _SHORTS)) for number in numbers]
        told = _rows_of(b, [b.bitcast(number, _FLOATS) for number in numbers])
        rows.store(b.fadd(rows.load(0, told.type), b.fmul(told, factor.load(0, told.type))), 0)
        high, low, half = (draw.load(_GROUP * k) for k in (AFTER_HIGH, AFTER_LOW, AFTER_HALF))
        if count % 2:
            # One is left over: half of the last word, or, where words are shifted, all of it.
            has_half = state.load(_GROUP * HAS_HALF)
            whole = b.icmp_unsigned("!=", has_half, _every(0))
            high = b.select(whole, draw.load(_GROUP * BEFORE_HIGH), high)
            low = b.select(whole, draw.load(_GROUP * BEFORE_LOW), low)
            left = b.sub(_every(1), has_half)
            state.store(b.select(done, left, has_half), _GROUP * HAS_HALF)
        for field, value in ((HIGH, high), (LOW, low), (HALF, half)):
            state.store(b.select(done, value, state.load(_GROUP * field)), _GROUP * field)
        return b.zext(b.bitcast(done, _BYTE), _WORD)

    return types.uint64(channels, *5 * [types.uint64]), generate


def _rows_of(b: Any, columns: list[Any]) -> Any:
    """Make one vector, row by row, of eight numbers a column."""
    count = len(columns)
    parts = columns + columns[-1:] * ((1 << (count - 1).bit_length()) - count)
    while len(parts) > 1:
        both = ir.Constant(ir.VectorType(_SHORT, 2 * parts[0].type.count), list(range(2 * parts[0].type.count)))
        parts = [b.shuffle_vector(one, two, both) for one, two in zip(parts[::2], parts[1::2], strict=True)]
    order = [LANES * column + row for row in range(LANES) for column in range(count)]
    return b.shuffle_vector(parts[0], parts[0], ir.Constant(ir.VectorType(_SHORT, len(order)), order))
