package doctor

import (
	"strings"
	"testing"

	"callout/internal/smtpwire"
)

// What servers say, and what it is about. Codes alone don't tell: 5.7.1 and none at all are said of anything.
func TestTellsWhatARefusalIsAboutByItsWords(t *testing.T) {
	for about, said := range map[matter][]string{
		ofBlockList: {
			"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using b.barracudacentral.org; http://www.barracudanetworks.com/reputation/?pr=1&ip=192.0.2.1",
			"550 5.7.1 Service unavailable; client [192.0.2.1] blocked using zen.spamhaus.org",
			"550 5.7.1 Service unavailable, Client host [192.0.2.1] blocked using Spamhaus. To request removal from this list see https://www.spamhaus.org/query/ip/192.0.2.1",
			"550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).",
			"550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
			"550 192.0.2.1 is in a black list at dnsbl.sorbs.net",
			"550 DNSBL listed at bl.spamcop.net",
			"550 JunkMail rejected - mx.example.org [192.0.2.1]:34567 is in an RBL: see http://www.example.org",
			"550 Your IP is blacklisted",
			"550 5.7.1 <x@example.com>: Recipient address rejected: Your MTA is listed in too many DNSBLs",
			"554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using relays.mail-abuse.org",
			"554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1",
		},
		ofRelaying: {
			"550 5.7.1 Relaying denied", "554 5.7.1 <x@example.com>: Relay access denied", "550 relay not permitted", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
			"550 5.7.1 Relaying denied. IP name lookup failed [192.0.2.1]", "554 5.4.1 Relay access denied",
		},
		ofReverseDNS: {
			"550 5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup", "550 5.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
			"554 5.7.1 Fix reverse DNS for 192.0.2.1", "550 No PTR record found.", "550 unresolvable relay host name [192.0.2.1]",
		},
		ofSPF: {
			"550 5.7.23 <x@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized.",
			"550 5.7.1 Please see http://www.openspf.net/Why?s=helo;id=filter.example.net", "550 Sender Policy Framework (SPF) fail",
		},
		ofName: {"550 5.7.1 <filter.example.net>: Helo command rejected: Host not found", "550 Bad HELO"},
		ofAddress: {
			"554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", "550 csi.mimecast.org Poor Reputation Sender", "550 Connection refused for policy reasons, IP 192.0.2.1",
			"550 5.7.1 [192.0.2.1] The IP you're using to send mail is not authorized", "554 5.7.1 2001:db8::1 is not welcome",
		},
		ofRecipient: {
			"550 5.1.1 <x@example.com>: Recipient address rejected: User unknown in relay recipient table", "550 5.4.1 Recipient address rejected: Access denied. [AM4PEPF0002.eurprd05.prod.outlook.com]",
			"550 5.1.1 No such user; asked by 192.0.2.1", "550 No such user here (192.0.2.1)", "550 5.7.1 Access denied", "550 5.2.1 Mailbox of rbl-reports disabled", "550 Marble not accepted",
			"550 spamhaus@rbl.example.com is not taken", "550 mx.ptr.example.net says no", "550 #5.1.0 Address rejected.",
		},
	} {
		for _, text := range said {
			reply, err := smtpwire.NewReader(strings.NewReader(text + "\r\n")).ReadReply()
			if err != nil {
				t.Fatal(err)
			}
			if got := matterOf(reply, "x@example.com", "spamhaus@rbl.example.com", "mx.ptr.example.net", ""); got != about {
				t.Errorf("%s: matter %d, not %d", text, got, about)
			}
		}
	}
}
