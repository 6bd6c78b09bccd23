"""A model team that asks, at scheduled departure: will the flight arrive 15 or more minutes late?"""
