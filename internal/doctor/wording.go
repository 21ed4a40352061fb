package doctor

import (
	"net/netip"
	"regexp"
	"strings"
	"unicode"

	"callout/internal/smtpwire"
)

// matter is what a refusal is about by its words, where that is not the recipient. Verdicts go by codes (callout.Judge); many
// servers say 5.7.1 of a client and of a recipient alike, so that only their words tell an expert which it is.
type matter int

const (
	ofRecipient  matter = iota // or nothing is known of it
	ofBlockList                // our address is on one
	ofRelaying                 // the domain is none of theirs, or we are not one of theirs
	ofReverseDNS               // our address has none, or one that does not lead back
	ofSPF
	ofName // the name in EHLO
	ofAddress
)

// wordings are how servers word each matter, in the form of bare: Postfix, Exim, Sendmail, Exchange, Microsoft 365, Google, and
// what lists, appliances and policy servers add. The first that is there counts.
var wordings = []struct {
	matter
	words []string
}{
	{ofBlockList, []string{"blocked using", "block list", "blocklist", "black list", "blacklist", "rbl", "dnsbl", "dnsrbl", "spamhaus",
		"barracudacentral", "barracuda reputation", "barracudanetworks com reputation", "spamcop", "sorbs", "uceprotect", "abuseat", "psbl", "spfbl",
		"mailspike", "email reputation service", "ipcheck proofpoint", "banned sending ip"}},
	{ofRelaying, relayingWords},
	{ofReverseDNS, []string{"reverse dns", "reverse hostname", "reverse host name", "reverse name", "reverse lookup", "ptr", "rdns", "fcrdns",
		"forward confirmed", "cannot find your hostname", "cannot resolve your address", "ip name lookup failed"}},
	{ofSPF, []string{"spf", "openspf", "sender policy framework"}},
	{ofName, []string{"helo", "ehlo"}},
	{ofAddress, []string{"client host rejected", "client address rejected", "poor reputation", "low reputation"}},
}

// relayingWords are whole phrases: hosts are called relay, and clients are told to use one. The last of them say that the domain is
// none of theirs: qmail, gateways, Barracuda, VIPRE, hMailServer and MailEnable.
var relayingWords = []string{
	"relay access", "relay denied", "relay rejected", "relay traffic prohibited",
	"relay not permitted", "relay not allowed", "relay not authorized", "relay is not", "relaying denied",
	"relaying temporarily denied", "relaying disallowed", "relaying prohibited", "relaying not", "relaying is",
	"relaying to", "relaying mail", "no relaying", "unable to relay", "permitted to relay", "allowed to relay",
	"authorized to relay", "configured to relay", "refuse to relay", "not relay", "cannot relay", "don t relay",
	"denies relay", "credentials for relay", "as a relay", "not an open relay",
	"rcpthosts", "not a gateway", "no such domain", "not configured to use this mx",
	"delivery is not allowed to this address", "to a non local e mail address",
}

// addressWords speak of our address, where nothing speaks of the recipient: many a refusal of one ends with who asked.
var addressWords = []string{"client host", "client address", "your ip", "sending ip", "dynamic ip", "source ip", "ip address", "ip reputation",
	"ip domain reputation", "your network", "your host", "your server", "your isp", "open relay",
	"insecure mail relay", "ip not in whitelist"}

// otherwise puts what some servers say in words that don't mislead: Sendmail calls the client a relay, and cPanel guesses at
// block lists where it does not know an account.
var otherwise = strings.NewReplacer("unresolvable relay host name", "reverse dns", "they may be blacklisted", "")

// useRelay is what a client is told whose address should not send by itself.
var useRelay = regexp.MustCompile(` use (\w+ ){1,6}relay`)

// askedHost is a host with its address, as Postfix and Exim write it: its name may hold any word.
var askedHost = regexp.MustCompile(`(?i)\bhost [\w.-]+\[[0-9a-f.:]+\]|[\w-]+(\.[\w-]+)+\.? ?\[[0-9a-f.:]+\]`)

// reportWords are with what another server said that was asked in its turn: by reject_unverified_recipient in Postfix, a callout in Exim.
var reportWords = []string{"undeliverable address", "callout verification failed", "said 4", "said 5"}

// recipientWords are what refusals of a recipient speak of, in the form of bare.
var recipientWords = []string{"user", "mailbox", "recipient", "account", "unknown", "no such", "not exist", "not found", "invalid", "undeliverable",
	"unrout", "not here", "nobody", "callout"}

// matterOf says what the refusal of a recipient is about.
func (e *exam) matterOf(a *answer) matter { return matterOf(a.reply, e.names(a)...) }

// names are those that may stand in a reply and hold words by chance.
func (e *exam) names(a *answer) []string {
	return []string{a.rcpt.String(), e.c.Domain, e.settings.Hostname, e.t.host.Name}
}

// matterOf says what a refusal is about. The names are left out of what it says.
func matterOf(r smtpwire.Reply, names ...string) matter {
	switch code := r.Enhanced; {
	case code.Subject == 7 && (code.Detail == 23 || code.Detail == 24): // RFC 7372
		return ofSPF
	case code.Subject == 7 && code.Detail == 25: // likewise
		return ofReverseDNS
	}
	text := otherwise.Replace(bare(askedHost.ReplaceAllString(r.Text(), " "), names...))
	relaying := hasAny(text, relayingWords)
	switch {
	case hasAny(text, reportWords) && relaying:
		return ofRelaying
	case hasAny(text, reportWords): // whatever else that server minds, it is not our address that it saw
		return ofRecipient
	case r.Enhanced.Subject == 1 && r.Enhanced.Detail == 1, recipientCode(r.Enhanced) && !relaying: // old Exchange says 5.4.1 of relaying
		return ofRecipient
	}
	for _, w := range wordings {
		if hasAny(text, w.words) {
			return w.matter
		}
	}
	if useRelay.MatchString(text) || !speaksOfRecipient(r, names...) && (hasAny(text, addressWords) || namesAddress(r.Text())) {
		return ofAddress
	}
	return ofRecipient
}

// speaksOfRecipient reports whether a refusal is about the recipient in its code or words. "Recipient address rejected" is what
// Postfix begins with whatever follows.
func speaksOfRecipient(r smtpwire.Reply, names ...string) bool {
	text := strings.ReplaceAll(bare(r.Text(), names...), "recipient address rejected", "")
	return recipientCode(r.Enhanced) || hasAny(text, recipientWords)
}

// recipientCode reports whether an enhanced code is about a mailbox: of a destination address or its state (RFC 3463 sections 3.2
// and 3.3), or 5.4.1, which Microsoft 365 says to those it does not have.
func recipientCode(e smtpwire.Enhanced) bool {
	return e.Subject == 1 && e.Detail != 7 && e.Detail != 8 || e.Subject == 2 || e.Subject == 4 && e.Detail == 1
}

// bare makes words of a text: lower case, one space before each, the names left out.
func bare(text string, names ...string) string {
	text = strings.ToLower(text)
	for _, name := range names {
		if name != "" {
			text = strings.ReplaceAll(text, strings.ToLower(name), " ")
		}
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return " " + strings.Join(words, " ")
}

// hasAny reports whether words begin anywhere in a bare text, "blacklist" in "blacklisted" too, and "rbl" not in "marble".
func hasAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, " "+w) {
			return true
		}
	}
	return false
}

// namesAddress reports whether an IP address stands in a text.
func namesAddress(text string) bool {
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return r != '.' && r != ':' && !unicode.IsDigit(r) && !unicode.IsLetter(r) }) {
		if a, err := netip.ParseAddr(strings.Trim(word, ".:")); err == nil && !a.IsUnspecified() {
			return true
		}
	}
	return false
}

// looksGrey reports whether a reply has the words or codes of greylisting.
func looksGrey(r smtpwire.Reply) bool {
	text := strings.ToLower(r.Text())
	for _, word := range []string{"try again later", "come back", "retry"} {
		if strings.Contains(text, word) {
			return true
		}
	}
	return saysGrey(r) || r.Enhanced == smtpwire.Enhanced{Class: 4, Subject: 7, Detail: 1}
}

// saysGrey reports whether a reply calls greylisting by its name.
func saysGrey(r smtpwire.Reply) bool {
	text := strings.ToLower(r.Text())
	return strings.Contains(text, "grey") || strings.Contains(text, "gray")
}
