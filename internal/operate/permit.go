package operate

import (
	"context"
	"fmt"

	"callout/internal/access"
	"callout/internal/address"
	"callout/internal/domains"
)

// Who may do what, in the order in which it is asked:
//
//	                         admin   domain user, of their domains
//	see, search, test        yes     yes
//	clear                    yes     yes
//	local recipients         yes     yes
//	own password, own tokens yes     yes
//	everything else          yes     no
//
// Tokens for reading see and test with what is known; they change nothing and send no callout. A domain's aliases are
// theirs whose the domain is.

// The verbs of the audit log. A refusal has the verb of what was refused.
const (
	setDomain        = "set domain"
	removeDomain     = "remove domain"
	clearRecipient   = "clear recipient"
	clearDomain      = "clear domain"
	clearInvalid     = "clear invalid"
	clearEverything  = "clear everything"
	setRecipients    = "set recipients"
	changeRecipients = "change recipients"
	importRecipients = "import recipients"
	pauseVerb        = "pause"
	resumeVerb       = "resume"
	forgetHost       = "forget host"
	testRecipient    = "test recipient"
	examineDomain    = "examine domain"
	see              = "see"
	setUser          = "set user"
	removeUser       = "remove user"
	createToken      = "create token"
	revokeToken      = "revoke token"
	changePassword   = "change password"
)

// forbid refuses, and says so in the audit log.
func (k *Desk) forbid(ctx context.Context, who *access.Actor, verb, target, why string) error {
	k.refused(ctx, who, verb, target, why)
	if verb == see {
		verb = "this"
	}
	return &Error{Kind: Forbidden, Detail: fmt.Sprintf("%s is not for you: %s", verb, why)}
}

// writes refuses who may only read.
func (k *Desk) writes(ctx context.Context, who *access.Actor, verb, target string) error {
	if who.ReadOnly {
		return k.forbid(ctx, who, verb, target, "the token is for reading; use one for writing")
	}
	return nil
}

// admin refuses who is no admin.
func (k *Desk) admin(ctx context.Context, who *access.Actor, verb, target string) error {
	if !who.Admin() {
		return k.forbid(ctx, who, verb, target, "it needs the role admin; ask who runs this server")
	}
	return nil
}

// adminWrites refuses who is no admin, or may only read.
func (k *Desk) adminWrites(ctx context.Context, who *access.Actor, verb, target string) error {
	if err := k.admin(ctx, who, verb, target); err != nil {
		return err
	}
	return k.writes(ctx, who, verb, target)
}

// sees reports whether somebody may know of a domain.
func sees(who *access.Actor, d *domains.Domain) bool { return who.Sees(mainName(d)) }

// mainName returns the domain, for an alias the one that it is an alias of.
func mainName(d *domains.Domain) string {
	if d.AliasOf != "" {
		return d.AliasOf
	}
	return d.Name
}

// domain returns a domain that somebody may see. For them the others do not exist.
func (k *Desk) domain(ctx context.Context, who *access.Actor, verb, name string) (*domains.Domain, error) {
	name, err := domainName(name)
	if err != nil {
		return nil, err
	}
	d := k.domains.Lookup(name)
	switch {
	case d != nil && sees(who, d):
		return d, nil
	case !who.Admin():
		k.refused(ctx, who, verb, name, "not one of their domains")
	}
	return nil, notServed(name)
}

// recipient returns the recipient that an address is, and its domain, likewise.
func (k *Desk) recipient(ctx context.Context, who *access.Actor, verb, text string) (address.Recipient, *domains.Domain, error) {
	rcpt, err := address.Parse(text)
	if err != nil {
		return rcpt, nil, failure(Malformed, "%.300q: %v; write local-part@domain", text, err)
	}
	d, err := k.domain(ctx, who, verb, rcpt.Domain())
	return rcpt, d, err
}

func domainName(text string) (string, error) {
	name, err := address.ParseDomain(text)
	if err != nil {
		return "", failure(Malformed, "%.100q is not a domain name; write for example example.com", text)
	}
	return name, nil
}

func notServed(name string) error {
	return failure(Missing, "domain %s is not served here", name)
}
