package access

import (
	"slices"
	"time"
)

// Role is what a user or a token may do.
type Role string

// The two roles.
const (
	RoleAdmin  Role = "admin"  // everything
	RoleDomain Role = "domain" // a domain user: only their domains
)

// Actor is who does something, as established for one request. It is not changed once it is made.
type Actor struct {
	Name     string   // the user's name; "token LABEL" for a token without an owner; on the admin socket the local user
	Role     Role     // what they may do
	Domains  []string // of RoleDomain: theirs, lower-case A-labels, sorted; main names, without their aliases
	ReadOnly bool     // a token for reading only
	Via      string   // "web", "api" or "socket"
	Token    string   // ID of the token used, "" for none
	From     string   // IP address of the client, "" on the socket

	set     time.Time // of a user: when the password was set with which they are there
	session sessionID // of a user in a session, where that is known
}

// Admin says whether the actor may see and do everything, reading only aside.
func (a *Actor) Admin() bool { return a.Role == RoleAdmin }

// Sees says whether a domain, given as its main name in lower-case A-labels, is one of the actor's.
func (a *Actor) Sees(domain string) bool {
	if a.Admin() {
		return true
	}
	_, found := slices.BinarySearch(a.Domains, domain)
	return found
}

// ActorOf returns the actor that a user is who came by via, which is "web", "api" or "socket", from an IP address.
func (a *Access) ActorOf(u User, via, from string) *Actor {
	return &Actor{Name: u.Name, Role: u.Role, Domains: u.Domains, Via: via, From: from, set: u.PasswordSet}
}
