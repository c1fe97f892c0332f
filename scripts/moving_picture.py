"""Write docs/images/dashboard.gif: the dashboard in Chromium while a heat wave causes alerts.

uv run --all-extras --with pillow python -m scripts.moving_picture
"""

import io
from pathlib import Path

from PIL import Image

from tests.around import jupyter

TARGET = Path(__file__).parents[1] / "docs/images/dashboard.gif"
FRAMES, PAUSE = 60, 250  # and milliseconds between two frames
SIZE, SHOWN, COLOURS = (1280, 900), (800, 562), 128


def frames() -> list[bytes]:
    with (
        jupyter.serving("dashboard") as address,
        jupyter.launched() as browser,
        jupyter.page(browser, [], SIZE[0]) as page,
    ):
        page.set_viewport_size({"width": SIZE[0], "height": SIZE[1]})
        page.goto(address, timeout=60_000)
        page.wait_for_selector(".lab-dashboard .scatterlayer .point", timeout=60_000)
        page.get_by_label("Device:").select_option("sensor-3")
        shots = []
        for number in range(FRAMES):
            if number == FRAMES // 6:
                page.get_by_role("button", name="Heat wave").click()
            shots.append(page.screenshot())
            page.wait_for_timeout(PAUSE)
        return shots


def main() -> None:
    small = [Image.open(io.BytesIO(shot)).convert("RGB").resize(SHOWN, Image.Resampling.LANCZOS) for shot in frames()]
    palette = small[-1].quantize(COLOURS, method=Image.Quantize.FASTOCTREE)
    first, *others = [each.quantize(COLOURS, palette=palette, dither=Image.Dither.NONE) for each in small]
    first.save(TARGET, save_all=True, append_images=others, duration=PAUSE, loop=0, optimize=True)
    print(f"{TARGET}: {len(small)} frames, {TARGET.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
