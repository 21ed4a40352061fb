package web

import "strings"

// notServed returns those of the domains of a user that are not served here: named before they are, or mistyped.
func (v *visit) notServed(domains []string) []string {
	var all []string
	for _, d := range domains {
		if v.desk.Find(v.ctx(), v.who, d).Domain == "" {
			all = append(all, d)
		}
	}
	return all
}

// notServedText names domains that are not served; "" for none.
func notServedText(domains []string) string {
	switch len(domains) {
	case 0:
		return ""
	case 1:
		return domains[0] + " is not served here yet."
	}
	return strings.TrimSuffix(firstFew(domains), ".") + " are not served here yet."
}

// savedNotice names the domains of a user who was just saved that are not served; nil for none.
func (v *visit) savedNotice(name string) *Notice {
	u, ok := v.access.User(name)
	if !ok || name == "" {
		return nil
	}
	unserved := v.notServed(u.Domains)
	if len(unserved) == 0 {
		return nil
	}
	until := "it until it is"
	if len(unserved) > 1 {
		until = "them until they are"
	}
	return &Notice{Kind: "warn", Title: notServedText(unserved), Text: u.Name + " sees nothing of " + until + " added under Domains. Look for a mistyped name."}
}
