"""What is special to forecasts: series with steps, records of whole series, and answers of quantiles."""
