"""Screen 4: alerts, grouped so that many do not drown anybody; one alert with its figure."""
