"""A nation of honest professionals at work for weeks, in virtual time: what the defence costs them."""
