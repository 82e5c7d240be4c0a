"""Recipes that are kept under a name, and when exports are made by them."""

from django.db import models
from django.db.models import Q
from django.utils import timezone

from exports.models.snapshots import Export
from projects.models import Project, User


class SavedRecipe(models.Model):
    """A recipe under a name of its project. Exports keep the recipe they were made by, so this
    one may change."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="saved_recipes")
    name = models.CharField(max_length=80)
    data = models.JSONField(default=dict, help_text="exports.recipe, without defaults.")
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", help_text="Who changed it last."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="one_recipe_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class Schedule(models.Model):
    """When a saved recipe makes an export by itself: at an hour of every day, of one day of the
    week, or of the first of every month. Times are UTC.

    The row is the job: whoever moves `next_at` on, by a conditional update, asks for the export.
    """

    class Every(models.TextChoices):
        DAY = "day", "Every day"
        WEEK = "week", "Every week"
        MONTH = "month", "Every month, on the first"

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    recipe = models.OneToOneField(SavedRecipe, on_delete=models.CASCADE, related_name="schedule")
    every = models.CharField(max_length=5, choices=Every.choices, default=Every.WEEK)
    weekday = models.PositiveSmallIntegerField(
        choices=Weekday.choices, default=Weekday.MONDAY, help_text="Of a week."
    )
    hour = models.PositiveSmallIntegerField(default=3)
    is_on = models.BooleanField(default=True)
    next_at = models.DateTimeField()
    by = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="+", help_text="Who asks for the exports."
    )
    last_export = models.ForeignKey(
        Export, on_delete=models.SET_NULL, null=True, related_name="scheduled_by"
    )
    last_asked_at = models.DateTimeField(null=True)
    problem = models.CharField(
        max_length=500, blank=True, help_text="Why the last one was not asked for; it is off since."
    )
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [
            models.Index(fields=["next_at"], condition=Q(is_on=True), name="schedules_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6, hour__lte=23), name="a_schedule_has_its_hour"
            ),
            models.CheckConstraint(
                condition=Q(problem="") | Q(is_on=False), name="a_schedule_with_a_problem_is_off"
            ),
        ]

    def __str__(self) -> str:
        return f"Schedule of recipe {self.recipe_id}"
