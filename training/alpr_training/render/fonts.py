"""Which fonts plates are drawn with: free ones only, from Debian's packages and from the folder of plate fonts."""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SYSTEM = Path("/usr/share/fonts")


@dataclass(frozen=True)
class FontFile:
    """`kind`: `plate` was drawn after plates or road signs; `text` reads like them; `chinese` has the provinces."""

    file: str
    kind: str
    package: str
    licence: str


# fmt: off
FONTS = [
    FontFile("drorgl__GL-Nummernschild-Mtl.ttf", "plate", "plate fonts", "free use (name table)"),
    FontFile("BrasileiroYan__GL-Nummernschild-Eng.ttf", "plate", "plate fonts", "free use (name table)"),
    FontFile("TT-Squares-Bold_OFL.ttf", "plate", "plate fonts", "OFL 1.1"),
    FontFile("HeavyEquipment_publicdomain.ttf", "plate", "plate fonts", "public domain"),
    FontFile("RG2014B.ttf", "plate", "fonts-roadgeek", "public domain"),
    FontFile("RG2014C.ttf", "plate", "fonts-roadgeek", "public domain"),
    FontFile("RG2014D.ttf", "plate", "fonts-roadgeek", "public domain"),
    FontFile("RG2014E.ttf", "text", "fonts-roadgeek", "public domain"),
    FontFile("OSP-DIN.ttf", "plate", "fonts-opendin", "OFL 1.1"),
    FontFile("routed-gothic.ttf", "plate", "fonts-routed-gothic", "OFL 1.1"),
    FontFile("routed-gothic-narrow.ttf", "plate", "fonts-routed-gothic", "OFL 1.1"),
    FontFile("osifont.ttf", "plate", "fonts-osifont", "GPL-3 with font exception, LGPL-3"),
    FontFile("GemunuLibre-SemiBold.otf", "plate", "fonts-gemunu-libre", "OFL 1.1"),
    FontFile("NationalPark-Heavy.otf", "plate", "fonts-national-park", "OFL 1.1"),
    FontFile("NationalPark-Regular.otf", "text", "fonts-national-park", "OFL 1.1"),
    FontFile("BebasNeue-Regular.otf", "text", "fonts-bebas-neue", "OFL 1.1"),
    FontFile("BebasNeue-Bold.otf", "text", "fonts-bebas-neue", "OFL 1.1"),
    FontFile("NimbusSansNarrow-Bold.otf", "plate", "fonts-urw-base35", "AGPL-3 with font exception"),
    FontFile("NimbusSansNarrow-Regular.otf", "text", "fonts-urw-base35", "AGPL-3 with font exception"),
    FontFile("NimbusSans-Bold.otf", "text", "fonts-urw-base35", "AGPL-3 with font exception"),
    FontFile("NimbusSans-Regular.otf", "text", "fonts-urw-base35", "AGPL-3 with font exception"),
    FontFile("LiberationSansNarrow-Bold.ttf", "plate", "fonts-liberation", "OFL 1.1"),
    FontFile("LiberationSans-Bold.ttf", "text", "fonts-liberation", "OFL 1.1"),
    FontFile("LiberationSans-Regular.ttf", "text", "fonts-liberation", "OFL 1.1"),
    FontFile("LiberationMono-Bold.ttf", "text", "fonts-liberation", "OFL 1.1"),
    FontFile("DejaVuSans-Bold.ttf", "text", "fonts-dejavu-core", "Bitstream Vera"),
    FontFile("DejaVuSansMono-Bold.ttf", "text", "fonts-dejavu-core", "Bitstream Vera"),
    FontFile("DejaVuSansCondensed-Bold.ttf", "text", "fonts-dejavu-extra", "Bitstream Vera"),
    FontFile("B612-Bold.otf", "text", "fonts-b612", "OFL 1.1"),
    FontFile("B612Mono-Regular.otf", "text", "fonts-b612", "OFL 1.1"),
    FontFile("OCRB.otf", "text", "fonts-ocr-b", "public domain"),
    FontFile("Play-Bold.ttf", "text", "fonts-play", "OFL 1.1"),
    FontFile("Dosis-SemiBold.otf", "text", "fonts-dosis", "OFL 1.1"),
    FontFile("RobotoCondensed-Bold.ttf", "plate", "fonts-roboto-unhinted", "Apache-2.0"),
    FontFile("RobotoCondensed-Regular.ttf", "text", "fonts-roboto-unhinted", "Apache-2.0"),
    FontFile("Lato-Heavy.ttf", "text", "fonts-lato", "OFL 1.1"),
    FontFile("wqy-zenhei.ttc", "chinese", "fonts-wqy-zenhei", "GPL-2 with font exception"),
    FontFile("DroidSansFallbackFull.ttf", "chinese", "fonts-droid-fallback", "Apache-2.0"),
]
# fmt: on

FEWEST = 8


def find_fonts(folders: list[Path]) -> list[tuple[FontFile, Path]]:
    """Those of the table that are on this computer.

    :param folders: looked through besides the system's
    :raises FileNotFoundError: with the packages to install when fewer than eight Latin fonts are there
    """
    there: dict[str, Path] = {}
    for folder in [SYSTEM, *folders]:
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            there.setdefault(path.name, path)
    found = [(font, there[font.file]) for font in FONTS if font.file in there]
    if sum(font.kind != "chinese" for font, _ in found) < FEWEST:
        packages = sorted({font.package for font in FONTS if font.package.startswith("fonts-")})
        raise FileNotFoundError(
            f"Expected at least {FEWEST} of the known fonts but found {len(found)}. Debian has them: apt install {' '.join(packages)}"
        )
    return found
