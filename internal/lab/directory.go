package lab

import "callout/internal/address"

// directory is the mailboxes of domains, as folded recipients, so that they are quick to look up.
type directory map[string]bool

func newDirectory(domains map[string]Domain) directory {
	d := make(directory)
	for name, domain := range domains {
		for _, local := range domain.Mailboxes {
			if r, err := address.Unquoted(local + "@" + name); err == nil {
				d[address.Fold(r.String())] = true
			}
		}
	}
	return d
}

func (d directory) has(r address.Recipient) bool { return d[address.Fold(r.String())] }
