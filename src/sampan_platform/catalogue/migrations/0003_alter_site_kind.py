from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0002_initial")]

    operations = [
        migrations.AlterField(
            model_name="site",
            name="kind",
            field=models.CharField(
                choices=[
                    ("factory", "factory 工厂"),
                    ("warehouse", "warehouse 仓库"),
                    ("hub", "hub 枢纽"),
                    ("port", "port 口岸"),
                    ("hospital", "hospital 医院"),
                    ("city", "city 城市"),
                    ("clinic", "clinic 诊所"),
                    ("centre", "centre 中心"),
                ],
                max_length=16,
            ),
        )
    ]
