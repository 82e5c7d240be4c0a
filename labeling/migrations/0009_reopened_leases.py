from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("labeling", "0008_every_task_has_a_lane")]

    operations = [
        migrations.AddIndex(
            model_name="assignment",
            index=models.Index(
                fields=["leased_until"], condition=Q(state="reopened"), name="reopened_leases"
            ),
        ),
    ]
