from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0002_uploads_and_scans'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='stamp',
            field=models.CharField(default='', max_length=64),
        ),
    ]
