package request

import "slices"

// Length checks a text's length, in characters, against the bounds of the API's model.
func Length(member, value string, least, most int) error {
	n := len([]rune(value))
	if n < least {
		return BadInput(
			"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length greater than or equal to %d",
			value,
			member,
			least,
		)
	}
	if n > most {
		return BadInput("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", member, most)
	}
	return nil
}

// OneOf returns an error for a value that is not in an enumeration.
func OneOf[T ~string](member, value string, allowed []T) error {
	if slices.Contains(allowed, T(value)) {
		return nil
	}
	return BadInput("Invalid XML ; cvc-enumeration-valid: Value '%s' of '%s' is not facet-valid with respect to enumeration '%v'.", value, member, allowed)
}

// Set sets a member if the request has a value for it.
func Set[T any](member **T, given *T) {
	if given != nil {
		*member = given
	}
}

// Given is a pointer to a text that is not empty.
func Given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
