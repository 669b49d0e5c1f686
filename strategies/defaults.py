"""What a thesis means where its file says nothing; the command line shows the same values."""

MIN_MEMBERS = 3  # names a basket needs
SEASONING_SESSIONS = 20  # that a name has been listed before it is held
BASE_CURRENCY = "USD"  # that a run is counted in
