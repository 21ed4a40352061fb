package access

// UserProblems returns all that is wrong with what a user is to be by itself, field by field, in their order; PutUser names the
// first. Where isNew is set they need a password.
func UserProblems(name string, c UserChange, isNew bool) []FieldError {
	var all []FieldError
	note := func(err error) {
		if f, ok := err.(*FieldError); ok {
			all = append(all, *f)
		}
	}
	_, err := foldName(name)
	note(err)
	if _, err = scope(c.Role, c.Domains); err == nil {
		err = needsDomains(c.Role, c.Domains)
	}
	note(err)
	if c.Password != "" || isNew {
		note(lengthOf(c.Password))
	}
	return all
}

// needsDomains refuses a domain user who has none: they would see nothing.
func needsDomains(role Role, domains []string) error {
	if role == RoleDomain && len(domains) == 0 {
		return &FieldError{"domains", "are missing; name those that the user is to see"}
	}
	return nil
}
