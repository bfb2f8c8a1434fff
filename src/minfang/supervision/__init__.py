"""The wing that watches (一网统管): readings, rules, alarms, and what is made of them."""
