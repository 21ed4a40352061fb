package web

// Fields are those of the login.
func (l Login) Fields() []Field {
	return []Field{
		{Name: "name", Label: "Name", Value: l.Name, Mono: true, Required: true, Max: 64, Autocomplete: "username", Autofocus: l.Name == ""},
		{Name: "password", Label: "Password", Type: "password", Required: true, Max: 256, Autocomplete: "current-password", Autofocus: l.Name != ""},
	}
}

// First is the command that makes the first user.
func (l Login) First() Code {
	return Code{Label: "On the server", Value: "callout user add admin --role admin -c FILE",
		Note: "FILE is the configuration file that the server runs with. The command asks for a password, or with --generate makes one up and shows it once."}
}
