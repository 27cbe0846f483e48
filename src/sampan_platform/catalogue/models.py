"""Sites, resources, lanes, processes and policies: what a network is made of.

Columns bear the names of the engine's tables (`sampan.schema`), so that import and export need
no translation. Nothing in use is deleted: it is retired from a day on.
"""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from sampan_platform.common.quantity import QuantityField


class SiteKind(models.TextChoices):
    """What a site does."""

    FACTORY = "factory", "factory 工厂"
    WAREHOUSE = "warehouse", "warehouse 仓库"
    HUB = "hub", "hub 枢纽"
    PORT = "port", "port 口岸"
    HOSPITAL = "hospital", "hospital 医院"
    CITY = "city", "city 城市"
    CLINIC = "clinic", "clinic 诊所"
    CENTRE = "centre", "centre 中心"


class Site(models.Model):
    """A place that makes, keeps, forwards or uses."""

    code = models.CharField(max_length=64, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=16, choices=SiteKind)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="sites")
    country = models.CharField(max_length=2)
    region = models.CharField(max_length=8, blank=True)
    """ISO 3166-2, such as CN-HB."""
    latitude_deg = models.FloatField(null=True)
    longitude_deg = models.FloatField(null=True)
    storage_m3_max = models.FloatField(null=True)
    un_locode = models.CharField(max_length=5, blank=True)
    gln = models.CharField(max_length=13, blank=True)
    """GS1 Global Location Number."""
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class ResourceClass(models.Model):
    """A class of resources, or (with a parent) a sub-class: 类 and 小类."""

    code = models.CharField(max_length=64, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("order", "code")

    def __str__(self) -> str:
        return self.code


class ResourceKind(models.TextChoices):
    """How a resource behaves."""

    GOOD = "good", "good 货物"
    SERVICE = "service", "service 服务"
    EQUIPMENT = "equipment", "equipment 设备"


class Resource(models.Model):
    """What is dispatched."""

    code = models.CharField(max_length=64, unique=True)
    name_en = models.CharField(max_length=200)
    name_zh = models.CharField(max_length=200, blank=True)
    resource_class = models.ForeignKey(ResourceClass, models.PROTECT, related_name="resources")
    kind = models.CharField(max_length=16, choices=ResourceKind, default=ResourceKind.GOOD)
    unit = models.CharField(max_length=32)
    mass_kg = models.FloatField(default=0.0)
    volume_m3 = models.FloatField(default=0.0)
    shelf_life_periods = models.PositiveIntegerField(null=True)
    value = models.FloatField(default=0.0)
    holding_cost = models.FloatField(default=0.0)
    importance = models.FloatField(default=1.0)
    hs_code = models.CharField(max_length=12, blank=True)
    gtin = models.CharField(max_length=14, blank=True)
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class Packaging(models.Model):
    """How many units a box, pair or carton of a resource holds."""

    resource = models.ForeignKey(Resource, models.PROTECT, related_name="packagings")
    name = models.CharField(max_length=32)
    """`box`, `pair`, `carton` …"""
    quantity = QuantityField()
    """Units of the resource in one."""
    gtin = models.CharField(max_length=14, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("resource", "name"), name="packaging_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="packaging_holds_something"),
        )


class Lane(models.Model):
    """A way from one site to another by one mode."""

    code = models.CharField(max_length=96, unique=True)
    origin = models.ForeignKey(Site, models.PROTECT, related_name="lanes_out")
    destination = models.ForeignKey(Site, models.PROTECT, related_name="lanes_in")
    mode = models.CharField(max_length=16, blank=True)
    lead_time_periods = models.PositiveIntegerField(default=0)
    mass_kg_max = models.FloatField(null=True)
    volume_m3_max = models.FloatField(null=True)
    cost_per_kg = models.FloatField(default=0.0)
    cost_per_m3 = models.FloatField(default=0.0)
    distance_km = models.FloatField(null=True)
    border = models.CharField(max_length=64, blank=True)
    vehicle_kg = models.FloatField(null=True)
    vehicle_m3 = models.FloatField(null=True)
    cost_per_vehicle = models.FloatField(default=0.0)
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("code",)
        constraints = (
            models.CheckConstraint(
                condition=~Q(origin=F("destination")), name="lane_leads_elsewhere"
            ),
        )

    def __str__(self) -> str:
        return self.code


class Process(models.Model):
    """A conversion at a site; without inputs it is a purchase."""

    code = models.CharField(max_length=96, unique=True)
    site = models.ForeignKey(Site, models.PROTECT, related_name="processes")
    runs_max = models.FloatField(null=True)
    runs_whole = models.BooleanField(default=False)
    cost_per_run = models.FloatField(default=0.0)
    lead_time_periods = models.PositiveIntegerField(default=0)
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.code


class ProcessFlow(models.Model):
    """What one run makes (positive) or uses (negative) of a resource."""

    process = models.ForeignKey(Process, models.CASCADE, related_name="flows")
    resource = models.ForeignKey(Resource, models.PROTECT, related_name="+")
    quantity_per_run = models.FloatField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("process", "resource"), name="process_flow_once"),
        )


class NetworkRow(models.Model):
    """A row of any other table of the network, as the engine's schema defines it.

    `lane_resources`, `capacities`, `capacity_loads`, `profiles`, `substitutes`, `reserves`,
    `export_limits` and `pledges`. Periods in `values` are replaced by the dates in
    `from_day` and `to_day`, since a policy outlives one network.
    """

    table = models.CharField(max_length=32)
    key = models.CharField(max_length=300)
    """The row's key in the table, its parts joined by commas."""
    values = models.JSONField()
    """By the schema's column names, keys as codes."""
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, related_name="+")
    from_day = models.DateField(null=True)
    to_day = models.DateField(null=True)
    retired_from = models.DateField(null=True)

    class Meta:
        ordering = ("table", "key")
        constraints = (models.UniqueConstraint(fields=("table", "key"), name="network_row_once"),)
