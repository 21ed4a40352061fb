package servers

import "fmt"

// Server is one running destination: how to ask it, and what it should answer. The function that starts one
// (`StartStock(t) *Server`) returns when it accepts connections, and stops it when the test ends.
//
// A server knows the recipients Valid(0) to Valid(Recipients/2-1) and none of Invalid(0) to Invalid(Recipients/2-1),
// of one Domain, and says so at RCPT.
type Server struct {
	Name         string             // for people, the row of the table: "Postfix, stock settings"
	Domain       string             // of its recipients; another for each server: "stock.test"
	Destinations []string           // as the key destinations of callout.toml has them, each with its port: "lmtp://127.0.0.1:24001"
	Settings     string             // further lines for the [[domain]], each with its line end: `tls = "require"`
	Valid        func(i int) string // local-parts of recipients that exist; ValidUser unless a server has reasons
	Invalid      func(i int) string // and of such that don't; InvalidUser likewise
	Log          func() string      // what the server has logged so far, for when a test fails; nil for none

	// RCPTs counts the RCPT commands that the server was sent so far, from its own log, where the session is
	// encrypted and nobody between can read it; nil otherwise. It may lag until sessions have ended.
	RCPTs func() int
}

// Recipients is how many recipients of each server are asked for. The first half of them exist.
const Recipients = 200

// ValidUser returns the local-part of a recipient that exists.
func ValidUser(i int) string { return fmt.Sprintf("user%03d", i) }

// InvalidUser returns the local-part of a recipient that does not.
func InvalidUser(i int) string { return fmt.Sprintf("missing%03d", i) }

// ValidUsers returns the local-parts of all recipients that exist.
func ValidUsers() []string {
	users := make([]string, Recipients/2)
	for i := range users {
		users[i] = ValidUser(i)
	}
	return users
}
