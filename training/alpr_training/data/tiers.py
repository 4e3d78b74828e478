"""Which sources may be trained on for what we ship.

A: the publisher states a permissive licence. B: none is stated; such pictures measure, they never train what we ship.
"""
from __future__ import annotations

TIER_A_TEXT = {"cn_lprnet_ccpd", "us_mix_handread", "ru_mix_handread", "mix_kaggle_cars433_littlerain"}
TIER_A_PLATES = {
    "vn_minkue_roboflow", "us_platerecognition_roboflow", "oi_license_plates_roboflow", "mix_kaggle_cars433", "ro_robertlucian",
    "eg_moto_roboflow", "us_plat_devmasyadi_roboflow", "us_florida_roboflow", "ru_snowycar_roboflow",
}
TIER_A_VEHICLES = {
    "trafficcam_rf100_vehicles", "trafficcam_topview_roboflow", "trafficcam_atl_roboflow", "oi_vehicles_roboflow",
    "oi_license_plates_roboflow",
}


def may_train(source: str, own: frozenset[str] = frozenset()) -> bool:
    """True for tier A and for folders of the user's own that were named on the command line."""
    return source in TIER_A_TEXT or source in TIER_A_PLATES or source in TIER_A_VEHICLES or source in own
