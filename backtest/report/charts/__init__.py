"""Charts of the report, as plotly figures in plain dictionaries: the page draws them, nothing is drawn here."""
