"""The columns of the catalogue's tables in words; the keys are those of import and export."""

from __future__ import annotations

from django.utils.translation import pgettext_lazy

WORDS = {
    "organisation": pgettext_lazy("column", "Organisation"),
    "resource_class": pgettext_lazy("column", "Class"),
    "site": pgettext_lazy("column", "Site"),
    "resource": pgettext_lazy("column", "Item"),
    "lane": pgettext_lazy("column", "Lane"),
    "process": pgettext_lazy("column", "Process"),
    "name": pgettext_lazy("column", "Name"),
    "name_en": pgettext_lazy("column", "Name in English"),
    "name_zh": pgettext_lazy("column", "Name in Chinese"),
    "kind": pgettext_lazy("column", "Kind"),
    "parent": pgettext_lazy("column", "Belongs to"),
    "order": pgettext_lazy("column", "Place in lists"),
    "country": pgettext_lazy("column", "Country"),
    "region": pgettext_lazy("column", "Region"),
    "time_zone": pgettext_lazy("column", "Time zone"),
    "report_deadline": pgettext_lazy("column", "Reports due at"),
    "latitude_deg": pgettext_lazy("column", "Latitude (°)"),
    "longitude_deg": pgettext_lazy("column", "Longitude (°)"),
    "storage_m3_max": pgettext_lazy("column", "Storage (m³)"),
    "un_locode": pgettext_lazy("column", "UN/LOCODE"),
    "gln": pgettext_lazy("column", "Location number (GLN)"),
    "unit": pgettext_lazy("column", "Unit"),
    "mass_kg": pgettext_lazy("column", "Mass of one (kg)"),
    "volume_m3": pgettext_lazy("column", "Volume of one (m³)"),
    "shelf_life_periods": pgettext_lazy("column", "Shelf life (days)"),
    "value": pgettext_lazy("column", "Value of one"),
    "holding_cost": pgettext_lazy("column", "Cost of keeping one a day"),
    "importance": pgettext_lazy("column", "Importance"),
    "hs_code": pgettext_lazy("column", "HS code"),
    "gtin": pgettext_lazy("column", "Trade item number (GTIN)"),
    "quantity": pgettext_lazy("column", "Quantity"),
    "origin": pgettext_lazy("column", "From"),
    "destination": pgettext_lazy("column", "To"),
    "mode": pgettext_lazy("column", "Mode"),
    "lead_time_periods": pgettext_lazy("column", "Lead time (days)"),
    "mass_kg_max": pgettext_lazy("column", "At most a day (kg)"),
    "volume_m3_max": pgettext_lazy("column", "At most a day (m³)"),
    "cost_per_kg": pgettext_lazy("column", "Cost of a kg"),
    "cost_per_m3": pgettext_lazy("column", "Cost of a m³"),
    "distance_km": pgettext_lazy("column", "Distance (km)"),
    "border": pgettext_lazy("column", "Border crossed"),
    "vehicle_kg": pgettext_lazy("column", "A vehicle carries (kg)"),
    "vehicle_m3": pgettext_lazy("column", "A vehicle carries (m³)"),
    "cost_per_vehicle": pgettext_lazy("column", "Cost of a vehicle"),
    "runs_max": pgettext_lazy("column", "Runs a day at most"),
    "runs_whole": pgettext_lazy("column", "Whole runs only"),
    "cost_per_run": pgettext_lazy("column", "Cost of a run"),
    "quantity_per_run": pgettext_lazy("column", "Quantity of a run"),
}


def heading(column: str) -> str:
    """A column in words of the page's language; one without words stays its key."""
    return str(WORDS.get(column, column))
