"""What a mandate allows, as small objects that any optimiser takes."""
