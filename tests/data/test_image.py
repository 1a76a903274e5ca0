from __future__ import annotations

from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from protonet.data.image import (
    Probed,
    decode,
    decode_mask,
    encode,
    fit,
    fit_mask,
    probe,
)
from tests.convert.pictures import encoded, plain, png

UPRIGHT = [[10, 20, 30], [40, 50, 60]]
STORED = {  # what EXIF says of the first row and the first column, for the picture above
    1: [[10, 20, 30], [40, 50, 60]],  # top, left
    2: [[30, 20, 10], [60, 50, 40]],  # top, right
    3: [[60, 50, 40], [30, 20, 10]],  # bottom, right
    4: [[40, 50, 60], [10, 20, 30]],  # bottom, left
    5: [[10, 40], [20, 50], [30, 60]],  # left, top
    6: [[30, 60], [20, 50], [10, 40]],  # right, top
    7: [[60, 30], [50, 20], [40, 10]],  # right, bottom
    8: [[40, 10], [50, 20], [60, 30]],  # left, bottom
    9: [[10, 20, 30], [40, 50, 60]],  # no orientation: ignored
}


def rgb(data: bytes) -> list[list[list[int]]]:
    """Decode to colour: rows of pixels, each red, green and blue."""
    return decode(data, gray=False).pixels.tolist()  # type: ignore[no-any-return]  # numpy's Any


def luma(data: bytes) -> list[list[int]]:
    """Decode to grey: rows of values."""
    return decode(data, gray=True).pixels[..., 0].tolist()  # type: ignore[no-any-return]  # as above


def gray_image(rows: list[list[int]]) -> Image.Image:
    return Image.fromarray(np.array(rows, np.uint8))


def orientation(value: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = value
    return exif


def with_junk(jpeg: bytes) -> bytes:
    """Put three bytes that mean nothing behind the first segment, which ends after byte 20."""
    return jpeg[:20] + b"\0\0\0" + jpeg[20:]


def test_pixels_are_rows_of_red_green_blue() -> None:
    assert rgb(png(2, 8, 2, ["010203 040506", "070809 0a0b0c"])) == [
        [[1, 2, 3], [4, 5, 6]],
        [[7, 8, 9], [10, 11, 12]],
    ]


def test_colour_becomes_luma_in_a_grey_set() -> None:
    # Rec. 601: 0.299 R + 0.587 G + 0.114 B, of 255: 76.2, 149.7, 29.1
    found = decode(png(3, 8, 2, ["ff0000 00ff00 0000ff"]), gray=True)
    assert found.pixels.tolist() == [[[76], [150], [29]]]
    assert not found.gray


def test_grey_becomes_three_equal_channels_in_a_colour_set() -> None:
    found = decode(png(2, 8, 0, ["05 c8"]), gray=False)
    assert found.pixels.tolist() == [[[5, 5, 5], [200, 200, 200]]]
    assert found.gray


def test_a_jpeg_is_decoded_as_pillow_does() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (37, 53, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=80)
    assert rgb(data) == np.asarray(Image.open(BytesIO(data))).tolist()


def test_a_grey_jpeg_is_read_exactly() -> None:
    # one 8 x 8 block of one value has a single coefficient, and at quality 100 none is rounded
    data = encoded(Image.new("L", (8, 8), 200), "JPEG", quality=100)
    found = decode(data, gray=False)
    assert found.gray
    assert found.pixels.tolist() == [[[200] * 3] * 8] * 8
    assert luma(data) == [[200] * 8] * 8


def test_the_luma_of_a_jpeg_is_its_own() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 16, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "JPEG", quality=80)
    own = Image.open(BytesIO(data))
    own.draft("YCbCr", None)
    assert own.mode == "YCbCr"
    assert luma(data) == np.asarray(own)[..., 0].tolist()
    assert luma(data) != np.asarray(Image.open(BytesIO(data)).convert("L")).tolist()


def test_a_palette_is_looked_up() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([9, 8, 7, 200, 100, 50])
    image.putdata([1, 0])
    assert rgb(encoded(image)) == [[[200, 100, 50], [9, 8, 7]]]
    # 0.299 · 200 + 0.587 · 100 + 0.114 · 50 = 124.2; 0.299 · 9 + 0.587 · 8 + 0.114 · 7 = 8.2
    assert luma(encoded(image)) == [[124, 8]]


def test_one_bit_is_black_or_white() -> None:
    data = png(3, 1, 0, ["a0"])  # 101 in binary
    assert luma(data) == [[255, 0, 255]]
    assert rgb(data) == [[[255] * 3, [0] * 3, [255] * 3]]
    assert decode(data, gray=False).gray


@pytest.mark.parametrize("form", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(form: str) -> None:
    image = Image.new("CMYK", (8, 8), (0, 255, 255, 0))  # no cyan, no black: red
    assert (
        rgb(encoded(image, form, **({"quality": 100} if form == "JPEG" else {})))
        == [[[255, 0, 0]] * 8] * 8
    )


def test_ink_is_taken_off_white() -> None:
    # red: 255 less cyan, times what black leaves: (255 - 51) · (255 - 85) / 255 = 136
    image = Image.new("CMYK", (1, 1), (51, 0, 255, 85))
    assert rgb(encoded(image, "TIFF")) == [[[136, 170, 0]]]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        # (0 · 128 + 255 · 127) / 255 = 127
        (encoded(Image.new("RGBA", (1, 1), (255, 0, 0, 128))), [255, 127, 127]),
        (encoded(Image.new("RGBA", (1, 1), (1, 2, 3, 0))), [255, 255, 255]),
        (encoded(Image.new("RGBA", (1, 1), (1, 2, 3, 255))), [1, 2, 3]),
        (encoded(Image.new("LA", (1, 1), (0, 128))), [127, 127, 127]),
        (encoded(plain((1, 2, 3), 1, 1), transparency=(1, 2, 3)), [255, 255, 255]),
        (encoded(plain((1, 2, 3), 1, 1), transparency=(1, 2, 4)), [1, 2, 3]),
        (png(1, 8, 0, ["05"], transparent="0005"), [255, 255, 255]),
        (png(1, 8, 0, ["05"], transparent="0006"), [5, 5, 5]),
        (png(1, 1, 0, ["00"], transparent="0000"), [255, 255, 255]),
        (png(1, 16, 0, ["1234"], transparent="1234"), [255, 255, 255]),
        (png(1, 16, 0, ["1234"], transparent="1235"), [18, 18, 18]),
    ],
    ids=[
        "half", "none of it", "all of it", "grey and half", "this colour", "another colour",
        "this grey", "another grey", "black of 1 bit", "this of 16 bits", "another of 16 bits",
    ],
)  # fmt: skip
def test_transparency_is_laid_over_white(data: bytes, expected: list[int]) -> None:
    assert rgb(data) == [[expected]]


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([9, 8, 7, 200, 100, 50])
    image.putdata([1, 0])
    assert rgb(encoded(image, transparency=0)) == [[[200, 100, 50], [255] * 3]]
    assert rgb(encoded(image, "GIF", transparency=0)) == [[[200, 100, 50], [255] * 3]]


@pytest.mark.parametrize(
    "data",
    [
        png(2, 16, 0, ["12ff ff00"]),
        png(2, 16, 2, ["12ff12ff12ff ff00ff00ff00"]),
        b"P5 2 1 65535\n\x12\xff\xff\x00",
        encoded(Image.fromarray(np.array([[0x12FF, 0xFF00]], np.uint16)), "TIFF"),
        encoded(Image.fromarray(np.array([[0x12FF, 0xFF00]], ">u2")), "TIFF"),
    ],
    ids=["grey PNG", "RGB PNG", "PGM", "TIFF", "big-endian TIFF"],
)
def test_of_16_bits_the_high_byte_is_kept(data: bytes) -> None:
    assert rgb(data) == [[[0x12] * 3, [0xFF] * 3]]
    assert luma(data) == [[0x12, 0xFF]]


@pytest.mark.parametrize("mode", ["I", "F"])
def test_32_bits_are_refused(mode: str) -> None:
    with pytest.raises(ValueError, match="^its pixels have 32 bits; 8 or 16 are read$"):
        decode(encoded(Image.new(mode, (2, 2)), "TIFF"), gray=False)


@pytest.mark.parametrize("form", ["GIF", "TIFF", "WEBP"])
def test_of_several_frames_the_first_is_read(form: str) -> None:
    first, second = plain((255, 0, 0)), plain((0, 0, 255))
    lossless = {"lossless": True} if form == "WEBP" else {}
    data = encoded(first, form, save_all=True, append_images=[second], **lossless)
    assert rgb(data) == [[[255, 0, 0]] * 4] * 3


@pytest.mark.parametrize("form", ["BMP", "PPM"])
def test_other_formats_are_read_exactly(form: str) -> None:
    assert rgb(encoded(plain((1, 2, 3)), form)) == [[[1, 2, 3]] * 4] * 3


@pytest.mark.parametrize("value", STORED)
def test_a_picture_stands_upright(value: int) -> None:
    assert luma(encoded(gray_image(STORED[value]), exif=orientation(value))) == UPRIGHT


@pytest.mark.parametrize("value", STORED)
def test_a_jpeg_stands_upright(value: int) -> None:
    """Whole blocks of 8 x 8 of one value, which JPEG keeps exactly."""
    blocks = np.kron(np.array(STORED[value], np.uint8), np.ones((8, 8), np.uint8))
    data = encoded(Image.fromarray(blocks), "JPEG", quality=100, exif=orientation(value))
    found = decode(data, gray=True).pixels
    assert found[::8, ::8, 0].tolist() == UPRIGHT
    assert found.shape == (16, 24, 1)
    assert found.flags.c_contiguous


def test_an_orientation_that_cannot_be_read_is_none() -> None:
    broken = b"Exif\0\0II*\0\x08\0\0\0\xff\xff"  # a directory of 65,535 entries, none of them there
    data = encoded(Image.new("L", (8, 8), 200), "JPEG", quality=100, exif=broken)
    with pytest.warns(UserWarning, match="Corrupt EXIF data"):
        assert luma(data) == [[200] * 8] * 8


def test_what_libjpeg_can_mend_is_read_and_remarked() -> None:
    whole = encoded(Image.new("L", (8, 8), 200), "JPEG", quality=100)
    found = decode(with_junk(whole), gray=False)
    assert found.pixels.tolist() == [[[200] * 3] * 8] * 8
    assert found.remark == "Corrupt JPEG data: 3 extraneous bytes before marker 0xdb"
    assert decode(whole, gray=False).remark is None


def test_colour_that_libjpeg_can_mend_becomes_its_own_luma() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (24, 16, 3), np.uint8)
    whole = encoded(Image.fromarray(noise), "JPEG", quality=80)
    assert luma(with_junk(whole)) == luma(whole)
    assert rgb(with_junk(whole)) == rgb(whole)


def test_a_truncated_jpeg_is_refused() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    whole = encoded(Image.fromarray(noise), "JPEG")
    with pytest.raises(OSError, match=r"image file is truncated \(\d+ bytes not processed\)"):
        decode(whole[: len(whole) // 2], gray=False)


def test_shrinking_weighs_every_pixel() -> None:
    # halved, the triangle reaches 2 pixels from its centre at 1: those at 0.5, 1.5 and 2.5 weigh
    # 0.75, 0.75 and 0.25, which is 3/7, 3/7 and 1/7; so 70 / 7 = 10, and 70 - 10 = 60 beside it
    row = np.array([[[0], [0], [70], [70]]], np.uint8)
    assert fit(row, (2, 1)).tolist() == [[[10], [60]]]
    assert fit(np.repeat(row, 3, axis=2), (2, 1)).tolist() == [[[10] * 3, [60] * 3]]


def test_enlarging_is_linear_between_the_middles_of_pixels() -> None:
    # doubled: the new middles lie at 1/4 and 3/4 of the old pixels, so 0, 25, 75, 100 of 100
    assert fit(np.array([[[0]], [[100]]], np.uint8), (1, 4))[:, 0, 0].tolist() == [0, 25, 75, 100]


def test_width_comes_before_height() -> None:
    assert fit(np.zeros((10, 20, 3), np.uint8), (4, 5)).shape == (5, 4, 3)


@pytest.mark.parametrize("size", [None, (20, 10)])
def test_what_fits_is_left_alone(size: tuple[int, int] | None) -> None:
    pixels = np.zeros((10, 20, 1), np.uint8)
    assert fit(pixels, size) is pixels


NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (12, 20, 3), np.uint8))


@pytest.mark.parametrize("value", range(1, 9))
def test_the_shape_is_known_before_the_pixels(value: int) -> None:
    data = encoded(NOISE, "JPEG", exif=orientation(value))
    height, width = decode(data, gray=False).pixels.shape[:2]
    assert probe(data, gray=False) == Probed("JPEG", (3, height, width), gray=False)
    assert probe(data, gray=True).shape == (1, height, width)


def test_what_a_file_holds_is_known_before_the_pixels() -> None:
    assert probe(encoded(NOISE.convert("L")), gray=False) == Probed("PNG", (3, 12, 20), gray=True)
    assert probe(encoded(NOISE, "BMP"), gray=False).format == "BMP"


def test_a_file_without_its_end_is_decoded_to_see_what_is_there() -> None:
    whole = encoded(NOISE, "JPEG")
    assert probe(whole + b"\0" * 100, gray=False).shape == (3, 12, 20)
    with pytest.raises(OSError, match="image file is truncated"):
        probe(whole[: len(whole) - 100], gray=False)
    with pytest.raises(OSError, match="image file is truncated"):
        probe(encoded(NOISE)[:-100], gray=False)


def test_a_png_keeps_every_pixel_and_a_jpeg_its_quality() -> None:
    pixels = np.asarray(NOISE)
    assert decode(encode(pixels, "PNG"), gray=False).pixels.tolist() == pixels.tolist()
    assert encode(pixels[..., :1], "PNG") == encoded(Image.fromarray(pixels[..., 0]))
    assert encode(pixels, "JPEG", 80) == encoded(NOISE, "JPEG", quality=80)


def test_a_mask_is_turned_like_its_picture() -> None:
    stored = np.array(STORED[6], np.uint8)
    data = encoded(Image.fromarray(stored), exif=orientation(6))
    assert decode_mask(data).pixels[..., 0].tolist() == UPRIGHT


def test_a_mask_of_one_bit_holds_0_and_1() -> None:
    data = encoded(Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"))
    assert decode_mask(data).pixels[..., 0].tolist() == [[0, 1]]


def test_a_mask_is_scaled_without_new_numbers() -> None:
    mask = np.kron([[1, 9], [4, 7]], np.ones((4, 4))).astype(np.uint8)[..., np.newaxis]
    assert fit_mask(mask, (2, 2))[..., 0].tolist() == [[1, 9], [4, 7]]
    assert fit_mask(mask, None) is mask


@pytest.mark.parametrize("size", range(1, 24))
def test_a_jpeg_that_ends_in_its_header_is_no_image(size: int) -> None:
    with pytest.raises((OSError, ValueError)):
        probe(encoded(NOISE, "JPEG")[:size], gray=False)


def test_a_jpeg_of_several_pictures_is_known_by_its_name() -> None:
    stream = BytesIO()
    first, second = (plain((n, n, n)) for n in (10, 20))
    first.save(stream, "MPO", save_all=True, append_images=[second])
    assert probe(stream.getvalue(), gray=False).format == "MPO"
    assert rgb(stream.getvalue())[0][0] == [10, 10, 10]
