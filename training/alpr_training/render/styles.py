"""What plates of the world look like: patterns, shapes, colours. Facts from public registration rules; the numbers of the
renderer (weights, heights) are ours."""
from __future__ import annotations

from dataclasses import dataclass, field

Colour = tuple[int, int, int]

WHITE: Colour = (235, 235, 232)
BLACK: Colour = (22, 22, 24)
YELLOW: Colour = (240, 196, 30)
BLUE: Colour = (28, 50, 140)
RED: Colour = (170, 30, 35)
GREEN: Colour = (20, 90, 50)
GREY: Colour = (195, 195, 193)

# First groups that name a district, a state or a year. `{de}` in a pattern takes one of them.
# fmt: off
GROUPS: dict[str, list[str]] = {
    "de": "B M K F S D DO E HB L DD H N DU BO W BI BN MS KA MA A WI GE MG AC BS KI MD FR HL ER MZ KS OL LU HD P DA R IN WOB UL HN PF BT BA KN VS OG RT ES WN LB BB KH STD ROW CUX HH WES SIG TUT".split(),
    "at": "W G L S I K GU LL SL BZ KB KU FK WN BN MD TU KO WU PL AM BR DO FF".split(),
    "ch": "ZH BE VD AG GE SG LU TI VS FR BL TG SO GR BS NE SZ ZG SH JU AR NW GL OW UR AI".split(),
    "sk": "BA BL BB BJ BN BR BS BY CA DK DS DT GA GL HC HE IL KA KE KK KM KN KS LC LE LM LV MA MI ML MT MY NM NO NR NZ PB PD PE PK PN PO PP PT PU RA RK RS RV SA SB SC SE SI SK SL SN SO SP SV TN TO TR TS TT TV VK VT ZA ZC ZH ZM ZV".split(),
    "cz": list("ABCEHJKLMPSTUZ"),
    "pl": "WA WB WI WE WX KR KT KRA PO PZ GD GA SK SC ST SO DW DWR LU LUB RZ TK EL ELA BI BIA OP CB CT ZS NO FZ".split(),
    "ie": "D C L T W KE G LH MH KY WW LK CE SO".split(),
    "si": "LJ MB CE KR KP GO MS NM PO SG".split(),
    "hr": "ZG ST RI OS ZD PU KA SB VZ DU SI VU BJ KR".split(),
    "ro": "B CJ TM IS CT BV PH SB BH AR MS DJ SV IF AG GL BC".split(),
    "bg": "C CA CB PB B A E EH H OB PA PK X Y".split(),
    "rs": "BG NS NI KG SU PA ZR KS CA VA".split(),
    "ua": "AA AX BH AE KA BC BK AI AB CA AM BI".split(),
    "tr": [f"{number:02d}" for number in range(1, 82)],
    "in": "MH DL KA TN KL AP TS UP HR RJ GJ WB PB MP BR OD HP UK JH CG AS GA CH PY".split(),
    "id": "B D F L N AB AD AG BK DK H KT BA BE BG BH BL BM BN".split(),
    "th": list("123456789"),
    "ir": [f"{number:02d}" for number in range(10, 100)],
    "za": "GP ZN WP EC NC NW MP L".split(),
    "cn": list("京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"),
}
# fmt: on


@dataclass(frozen=True)
class Style:
    """One family of plates.

    Patterns: `L` letter, `C` consonant, `D` digit, `N` digit from 1, `X` either, `{de}` a group, blank, `-`, `.`,
    `*` a gap that may hold a seal or an emblem, `!` a bar across the plate, `(…)` smaller characters, `|` the next line. Anything
    else is taken as it is.
    """

    name: str
    weight: float
    #: width over height
    aspect: tuple[float, float]
    patterns: list[str]
    #: (background, characters)
    colours: list[tuple[Colour, Colour]]
    #: eu: blue band on the left; eu2: on both sides; top: band along the top; right: a region's box on the right; right-narrow: a flag there
    band: str | None = None
    band_share: float = 1.0
    #: characters' height as a share of the plate's
    height: tuple[float, float] = (0.58, 0.76)
    #: city, city-below, state, slogan: small words above or below; stacked: small letters that belong to no line
    extras: tuple[str, ...] = ()
    #: vertical middle of a single line, share of the plate's height
    middle: float = 0.5
    fonts: tuple[str, ...] = field(default=())
    letters: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


GERMAN = ("drorgl__GL-Nummernschild-Mtl.ttf", "BrasileiroYan__GL-Nummernschild-Eng.ttf")
DIN = ("OSP-DIN.ttf", "osifont.ttf", "RG2014D.ttf", "RobotoCondensed-Bold.ttf", "NimbusSansNarrow-Bold.otf")
STAMPED = ("GemunuLibre-SemiBold.otf", "RG2014B.ttf", "RG2014C.ttf", "routed-gothic.ttf", "routed-gothic-narrow.ttf")
EURO = (4.3, 4.95)
ON_WHITE = [(WHITE, BLACK)]
NO_CONFUSION = "ABCDEFGHJKLMNPRSTUVWXYZ"

# fmt: off
AMERICAN_COLOURS = [
    (WHITE, (25, 35, 90)), (WHITE, (25, 35, 110)), (WHITE, BLACK), (WHITE, BLACK), ((220, 225, 235), (30, 40, 110)),
    ((200, 215, 235), BLACK), (WHITE, (140, 25, 35)), (WHITE, (20, 90, 60)), (YELLOW, (25, 35, 110)), ((235, 220, 150), BLACK),
    ((40, 80, 160), WHITE), ((30, 40, 110), (235, 225, 140)), ((200, 225, 245), (25, 35, 90)), ((235, 200, 170), (90, 30, 30)),
    (RED, WHITE), (BLACK, WHITE), ((195, 205, 200), (20, 60, 50)), ((235, 235, 215), (35, 60, 50)), (WHITE, (190, 90, 20)),
]
AMERICAN = [
    "LLD*DLD", "LLL*DDD", "LLL*DDDD", "DDD*LLL", "LL*DDDDD", "NLLLDDD", "LLL DDDD", "LLL-DDDD", "LLL-DDD", "LLL DDD",
    "DDD LLL", "DDD-LLL", "LLD DLD", "LLD-DLD", "LL DDDDD", "LDD-DDL", "LDD DDD", "LLL*LDD", "DL DDDDL", "DDL*DDD", "DDDDDD",
    "DDDDDDD", "DDDDD", "LDDDDD", "LDDDDDD", "LL DDDD", "DDDD LL", "LLL DD", "LLDD LLL", "LDDD LLL", "DD-DDDLL", "DDD-DDDD",
    "LDD*LLL", "LL-DDD", "LLLLLL", "LLLLLLL", "LLLLL", "LLLL DD", "LLLL", "DDD DDD", "DDDDDDDL", "DDDDDLD", "DLLDDD", "CCC*DDD",
    "LLL DDL", "CDDDDDD", "LDDD DDDD", "LDD DDDD", "NDLLLDD",
]
STYLES = [
    Style("germany", 7, EURO, ["{de}*L D", "{de}*LL DD", "{de}*LL DDD", "{de}*LL DDDD", "{de}*L DDDD", "{de}*LLDDD", "{de}*LL DDDE"], ON_WHITE, "eu", 0.95, fonts=GERMAN),
    Style("austria", 3, EURO, ["{at}*DDDDDL", "{at} DDDLL", "{at}*DDD LL", "{at}-DDDDL"], ON_WHITE, "eu", 0.8, fonts=DIN),
    Style("slovakia", 6, EURO, ["{sk}*DDDLL", "{sk}-DDDLL", "{sk} DDDLL", "LL DDD LL"], ON_WHITE, "eu", 0.9, fonts=DIN),
    Style("czechia", 5, EURO, ["N{cz}N*DDDD", "N{cz}D DDDD", "N{cz}D*DDDD", "N{cz}L DDDD", "LLL DD-DD"], ON_WHITE + [(YELLOW, BLACK)], "eu", 0.9, fonts=DIN),
    Style("britain", 6, EURO, ["LLDD LLL", "LLDDLLL", "LDDD LLL", "LLL DDDL", "LL DDDD", "LLL DDD", "LN LLL"], ON_WHITE + [(YELLOW, BLACK)] * 2, "eu", 0.4, (0.64, 0.78), fonts=("NimbusSansNarrow-Bold.otf", "LiberationSansNarrow-Bold.ttf", "TT-Squares-Bold_OFL.ttf", "NationalPark-Heavy.otf")),
    Style("france", 5, EURO, ["LL-DDD-LL", "LL DDD LL", "DDD LLL DD", "DDDD LL DD"], ON_WHITE * 2 + [(YELLOW, BLACK)], "eu2", 0.9, fonts=DIN, letters="ABCDEFGHJKLMNPQRSTVWXYZ"),
    Style("italy", 4, EURO, ["LL DDDLL", "LLDDDLL", "LL*DDDLL"], ON_WHITE, "eu2", 0.9, fonts=DIN, letters=NO_CONFUSION),
    Style("spain", 4, EURO, ["DDDD CCC", "DDDDCCC", "L DDDD LL"], ON_WHITE, "eu", 0.9, fonts=DIN),
    Style("netherlands", 4, EURO, ["LL-DD-LL", "DD-LL-LL", "DD-LLL-D", "D-LLL-DD", "LL-DDD-L", "L-DDD-LL", "LL-LL-DD"], [(YELLOW, BLACK)] * 3 + ON_WHITE, "eu", 0.9, fonts=DIN, letters="BDFGHJKLNPRSTVXZ"),
    Style("poland", 5, EURO, ["{pl} DDDDD", "{pl} DDDDL", "{pl}*DDDDD", "{pl} DDDLL", "{pl} DDLL", "{pl}DDDDD"], ON_WHITE * 2 + [(BLACK, WHITE)], "eu", 0.9, fonts=DIN),
    Style("europe", 7, (4.0, 4.95), ["LLL-DDD", "LLL DDD", "LLL*DDD", "N-LLL-DDD", "LLL-DDL", "LL-DDD-L", "LL DD DD", "{hr}*DDDD-LL", "{hr}*DDD-L", "{si}*LL-DDD", "{ro} DD LLL", "{bg} DDDD LL", "{rs}*DDD-LL", "LLL DDDD", "LL DDDDD", "LLDDDDD", "LL-DDDD", "DDD-L-DD", "{ie}-DDD", "DD-{ie}-DDDD", "DDD-{ie}-DDDDD", "LLL-DDDD", "LLLDDD"], ON_WHITE, "eu", 0.85, fonts=GERMAN + DIN),
    Style("switzerland", 2, EURO, ["{ch}*DDDDD", "{ch} DDDDDD", "{ch} DDD DDD"], ON_WHITE, None, fonts=DIN),
    Style("ukraine", 3, EURO, ["{ua} DDDD LL", "{ua}DDDDLL", "{ua} DDDD CC"], ON_WHITE, "eu", 0.9, fonts=DIN),
    Style("turkey", 3, EURO, ["{tr} LL DDD", "{tr} LLL DD", "{tr} L DDDD", "{tr} LLL DDD"], ON_WHITE, "eu", 0.9, fonts=DIN),
    Style("russia", 3, EURO, ["LDDDLL DD", "L DDD LL DD", "LDDDLL DDD", "L DDD LL DDD"], ON_WHITE, "right", 0.8, (0.5, 0.72), fonts=DIN, letters="ABEKMHOPCTYX"),
    Style("russia-region", 4, EURO, ["L DDD LL!(DD)", "LDDDLL!(DD)", "LDDDLL!(DDD)", "L DDD LL!(DDD)"], ON_WHITE, None, 1, (0.5, 0.72), fonts=DIN, letters="ABEKMHOPCTYX"),
    Style("kazakhstan", 2, EURO, ["DDD LLL DD", "DDDLLLDD", "DD DDD LLL", "DD L DDD LL"], ON_WHITE, "eu", 0.6, fonts=DIN),
    Style("uzbekistan", 6, EURO, ["(DD)!LDDDLL", "(DD)!L DDD LL", "(DD)!DDD LLL", "(DD)!DDDLLL", "DD L DDD LL"], ON_WHITE, "right-narrow", 0.7, (0.55, 0.72), fonts=DIN),
    Style("israel", 3, EURO, ["DD-DDD-DD", "DDD-DD-DDD", "DD DDD DD", "DD*DDD*DD"], [(YELLOW, BLACK)], "eu", 0.8, fonts=DIN),
    Style("brazil-old", 8, (2.95, 3.15), ["LLL-DDDD", "LLL.DDDD", "LLL DDDD"], [((190, 190, 188), BLACK), (GREY, BLACK), ((170, 172, 172), BLACK), (WHITE, BLACK), (RED, WHITE), (BLACK, WHITE)], None, 1, (0.46, 0.56), ("city",), 0.6, DIN),
    Style("mercosur", 6, (2.95, 3.2), ["LLLDLDD", "LLLDLDD", "LL DDD LL", "LLDDDLL", "LLL DDDD", "LL DDDDD"], ON_WHITE * 3 + [(WHITE, (150, 20, 30)), (WHITE, (20, 60, 150))], "top", 1, (0.48, 0.58), (), 0.6, GERMAN + DIN),
    Style("latin-america", 5, (1.95, 3.2), ["LLL DDD", "LLL*DDD", "LLL-DDD", "LLLDDL", "LDD-DDD", "LLL-DD-DD", "LLLL*DD", "CCCC DD", "CC CC DD", "LL DD DD", "LDL-DDD"], [(BLACK, WHITE), (YELLOW, BLACK)] + ON_WHITE * 3, None, 1, (0.45, 0.65), ("city",)),
    Style("chile", 3, (2.3, 3.2), ["CC.CC*DD", "CC.CC.DD", "CC CC*DD", "LL.DD*DD", "LL DDDD"], ON_WHITE * 3 + [((230, 90, 40), BLACK), (BLUE, WHITE)], None, 1, (0.5, 0.62), ("city-below",), 0.46, DIN),
    Style("peru", 3, (2.0, 3.2), ["LDL-DDD", "LLL-DDD", "LDD-DDD", "LLD-DDD", "DDDD-LL"], ON_WHITE * 2 + [(YELLOW, BLACK), ((200, 200, 60), BLACK)], "top", 0.3, (0.5, 0.66), ("city",), 0.56),
    Style("united-states", 40, (1.95, 2.1), AMERICAN, AMERICAN_COLOURS, None, 1, (0.4, 0.54), ("state", "slogan", "stacked"), 0.52, STAMPED),
    Style("india", 5, (3.8, 4.95), ["{in}DDLLDDDD", "{in} DD LL DDDD", "{in}DD L DDDD", "{in}-DD-LL-DDDD", "{in}DD DDDD", "{in} DD L DDD"], ON_WHITE * 3 + [(YELLOW, BLACK)], "eu", 0.4, (0.5, 0.75)),
    Style("australia", 3, (2.2, 3.0), ["LLL-DDD", "LLL.DDL", "DDL.DDL", "DLL DLL", "LLL DDL", "DDD LLL", "LLDDLL", "NLLL DDD", "LLLDDD"], ON_WHITE * 2 + [(YELLOW, BLACK), (YELLOW, (20, 70, 50)), (BLACK, WHITE), (WHITE, (30, 40, 110))], None, 1, (0.5, 0.68), ("city",)),
    Style("indonesia", 2, (2.6, 3.4), ["{id} DDDD LL", "{id} DDD LLL", "{id} DDDD LLL"], [(BLACK, WHITE), (WHITE, BLACK)], None, 1, (0.45, 0.65)),
    Style("south-africa", 2, EURO, ["LLL DDD {za}", "LL DD LL {za}", "CCC DDD {za}"], ON_WHITE, None),
    Style("vietnam", 3, (3.6, 4.6), ["DDL-DDD.DD", "DDL-DDDD", "DDL DDDDD"], ON_WHITE * 3 + [(YELLOW, BLACK), (BLUE, WHITE)], None, 1, (0.55, 0.75)),
    Style("taiwan", 3, (2.1, 2.6), ["LLL-DDDD", "DDDD-LL", "LL-DDDD", "LLL-DDD"], ON_WHITE * 3 + [(GREEN, WHITE), (YELLOW, BLACK)], None, 1, (0.5, 0.68)),
    Style("malaysia", 2, (3.2, 4.6), ["LLL DDDD", "L DDDD", "WLL DDDD L", "LLL DDD"], [(BLACK, WHITE)], None, 1, (0.55, 0.75)),
    Style("two-line-britain", 3, (1.25, 1.6), ["LLDD|LLL", "LLD|DLLL", "LDDD|LLL", "LLL|DDDL"], ON_WHITE + [(YELLOW, BLACK)] * 2, "eu", 0.2, (0.33, 0.4)),
    Style("two-line-brazil", 5, (1.15, 1.7), ["LLL|DDDD", "LLL|DLDD", "LLL|DDD", "LLDD|DD", "LLD|LL"], [((190, 190, 188), BLACK), (WHITE, BLACK), (RED, WHITE)], "top", 0.4, (0.3, 0.4), fonts=DIN + GERMAN),
    Style("two-line-india", 4, (1.2, 2.0), ["{in}DD|LLDDDD", "{in}DDL|DDDD", "{in}DDLL|DDDD", "{in}DD|L DDDD"], ON_WHITE * 3 + [(YELLOW, BLACK)], None, 1, (0.28, 0.42)),
    Style("two-line-vietnam", 8, (1.2, 1.5), ["DDL|DDDD", "DDL|DDD.DD", "DD-LD|DDDD", "DD-LD|DDD.DD", "DDLN|DDD.DD", "DDLL|DDD.DD"], ON_WHITE * 4 + [(BLUE, WHITE), (YELLOW, BLACK)], None, 1, (0.32, 0.42)),
    Style("two-line-europe", 9, (1.1, 2.1), ["{de}|LL DDD", "{de}*|L DDDD", "LL|DDDDD", "LL DD|DDD", "LL-DD|LL", "LL|DDDLL", "LLL|DDD", "{sk}*|DDDLL", "LLL|DD-DD", "DDDD|LLL", "{pl}|DDDD", "DD-DD|DDD", "LL DDD|LL", "{ch}|DDDDD", "{at}|DDDLL", "L DDD|LL DD"], ON_WHITE * 4 + [(YELLOW, BLACK)], "eu", 0.4, (0.3, 0.42), fonts=GERMAN + DIN),
    Style("two-line-america", 3, (1.6, 2.1), ["LLL|LLL", "XXXX|XXX", "XX|XXXX", "XXX|XXXX", "DDD|DDD"], AMERICAN_COLOURS, None, 1, (0.3, 0.42)),
    Style("two-line-anything", 4, (1.0, 2.1), ["XXX|XXX", "XXXX|XXXX", "XX|XXXX", "XXX|XXXX", "XXXX|XXX", "XX-XX|XXXXX", "XX|XXXXX"], ON_WHITE * 3 + [(YELLOW, BLACK), (BLACK, WHITE), (BLUE, WHITE), (GREY, BLACK)], "eu", 0.15, (0.28, 0.42)),
    Style("anything", 8, (1.9, 4.95), ["XXXXXXX", "XXXXXX", "XXXXX", "XXXXXXXX", "XXX XXX", "XXX XXXX", "XX XXXXX", "XXXX", "XXX-XXX", "XX-XX-XX", "XXXXXXXXX", "XXXX XXXX"], ON_WHITE * 2 + [(YELLOW, BLACK), (WHITE, BLUE), (BLACK, WHITE), (BLUE, WHITE), (GREY, BLACK)], "eu", 0.3, (0.45, 0.78)),
    Style("letters-digits", 5, (1.9, 4.95), ["LLLDDD", "LLLDDDD", "LLDDDD", "LLDDDDD", "DDDLLL", "LDDDD", "LDDDDD", "LLLLL", "DDDDDD", "DLLLDD", "LDLDLD", "LLDDDL", "DDDD", "LLDDD"], ON_WHITE * 2 + [(YELLOW, BLACK), (WHITE, BLUE), (BLACK, WHITE), (GREY, BLACK)], "eu", 0.3, (0.45, 0.78)),
]
CHINESE_STYLES = [
    Style("china-blue", 16, (3.1, 3.2), ["{cn}L.DDDDD", "{cn}L.LDDDD", "{cn}L.DDDDL", "{cn}L.XXXXX"], [(BLUE, WHITE), ((20, 60, 170), WHITE)], None, 1, (0.6, 0.72), letters="ABCDEFGHJKLMNPQRSTUVWXYZ"),
    Style("china-green", 6, (3.3, 3.5), ["{cn}L DDDDDD", "{cn}LDDDDDD", "{cn}LFDDDDD"], [((120, 200, 130), BLACK), ((215, 235, 220), BLACK)], None, 1, (0.6, 0.72), letters="ABCDEFGHJKLMNPQRSTUVWXYZ"),
    Style("china-yellow", 4, (3.1, 3.2), ["{cn}L.DDDDD", "{cn}L.LDDDD", "{cn}L.DDDD学", "{cn}L.DDDD挂"], [(YELLOW, BLACK)], None, 1, (0.6, 0.72)),
    Style("china-white-black", 2, (3.1, 3.2), ["{cn}L.DDDD警", "粤Z.DDDD港", "粤Z.DDDD澳", "{cn}L.DDDD使", "{cn}L.DDDD领"], [(WHITE, BLACK), (BLACK, WHITE)], None, 1, (0.6, 0.72)),
    Style("china-two-line", 3, (1.9, 2.1), ["{cn}L|DDDDD", "{cn}L|LDDDD"], [(YELLOW, BLACK)], None, 1, (0.3, 0.42)),
]
# fmt: on


def styles_for(characters: str) -> list[Style]:
    """The styles that an alphabet can write: Chinese ones where it has the provinces."""
    return STYLES + CHINESE_STYLES if "京" in characters else STYLES
