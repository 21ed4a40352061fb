package operate

import (
	"context"
	"strings"

	"callout/internal/access"
	"callout/internal/address"
)

// Found is what a text in the search box leads to.
type Found struct {
	Recipient string // of a domain that is served; "" for none
	Domain    string // one that is served, "" for none
}

// Find reads what somebody typed: an address or a domain that they may see, or a part of a name, which is neither.
func (k *Desk) Find(ctx context.Context, who *access.Actor, text string) Found {
	text = strings.Trim(strings.TrimSpace(text), "<>")
	if i := strings.LastIndexByte(text, '@'); i > 0 {
		rcpt, err := address.Parse(text)
		if err != nil {
			return Found{}
		}
		if d := k.domains.Lookup(rcpt.Domain()); d != nil && sees(who, d) {
			return Found{Recipient: rcpt.String(), Domain: d.Name}
		}
		return Found{}
	}
	name, err := address.ParseDomain(strings.TrimPrefix(text, "@"))
	if err != nil {
		return Found{}
	}
	if d := k.domains.Lookup(name); d != nil && sees(who, d) {
		return Found{Domain: d.Name}
	}
	return Found{}
}
