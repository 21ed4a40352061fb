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
			"554 IP address is block listed.",
			"550 5.7.1 Recipient not authorized, your IP has been found on a block list",
			"553 5.7.1 [BL21] Connections will not be accepted from 192.0.2.1, because the ip is in Spamhaus's list",
			"553 5.3.0 flph ENHANCED 192.0.2.1 blocked by ldap:ou=rblmx,dc=example,dc=net. Error: Blocked for abuse",
			"554 5.7.0 Blocked - see https://support.proofpoint.com/dnsbl-lookup.cgi?ip=192.0.2.1",
			"550 5.7.1 <x@example.com>: Recipient address rejected: Mail appeared to be SPAM or forged. Correct HELO and DNS MX settings or get removed from DNSBLs; please relay via your ISP",
		},
		ofRelaying: {
			"550 5.7.1 Relaying denied", "554 5.7.1 <x@example.com>: Relay access denied", "550 relay not permitted", "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
			"550 5.7.1 Relaying denied. IP name lookup failed [192.0.2.1]", "554 5.4.1 Relay access denied",
			"550 mx.example.net [192.0.2.1]:25 is currently not permitted to relay through this server. Perhaps you have not logged into the pop/imap server",
			"550 5.7.1 Unable to relay for x@example.com",
			"550 5.7.1 Relaying not allowed",
			"550 5.7.1 <x@example.com>... Relaying temporarily denied. Cannot resolve PTR record for 192.0.2.1",
			"550 5.7.1 Relaying to <x@example.com> denied (authentication required)",
			"553 Relaying disallowed as x@example.com",
			"571 We do not relay",
			"554 This system is not configured to relay mail from <> to <x@example.com> for 192.0.2.1",
			"554 Relay rejected for policy reasons.",
			"553 host denies relay.",
			"550 unauthorized relay traffic prohibited", "550 Relay denied", "550 Relay not allowed", "550 Relay not authorized", "550 Relay is not permitted", "550 Relaying prohibited",
			"550 Relaying is prohibited", "550 Relaying mail to example.com is not allowed", "550 No relaying here", "550 not allowed to relay through this machine",
			"550 You are not authorized to relay", "550 We refuse to relay", "550 cannot relay to example.com", "550 we don't relay",
			"550 5.7.1 Invalid credentials for relay [192.0.2.1]", "550 this is not an open relay, so get lost",
			"553 5.7.1 you are trying to use me [server-9.tower-21.example.org] as a relay, but I have not been configured to let you [192.0.2.1, mx.example.net] do this.",
			"550 5.7.0 Mail relay denied [192.0.2.1]. Invalid credentials for relay for one of the domains in: example.com",
			"550 5.7.64 TenantAttribution; Relay Access Denied [AM4PEPF0002.eurprd05.prod.outlook.com]",
			"553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",
			"550 not local host example.com, not a gateway",
			"550 No such domain at this location (x@example.com)",
			"550 Your domain is not configured to use this MX host.",
			"550 Delivery is not allowed to this address.",
			"550 This mail server requires authentication when attempting to send to a non-local e-mail address.",
			"550 5.1.1 <x@example.com>: Recipient address rejected: undeliverable address: host mail.internal[10.0.0.5] said: 554 5.7.1 Relay access denied",
		},
		ofReverseDNS: {
			"550 5.7.25 [192.0.2.1] The IP address sending this message does not have a PTR record setup", "550 5.7.1 Client host rejected: cannot find your hostname, [192.0.2.1]",
			"554 5.7.1 Fix reverse DNS for 192.0.2.1", "550 No PTR record found.", "550 unresolvable relay host name [192.0.2.1]",
			"450 4.7.1 Client host 192.0.2.1 has no PTR record (G1F)",
			"550 we do not accept mail from hosts with dynamic IP or generic dns PTR-records",
			"554 5.7.1 Please get a custom reverse DNS name from your ISP for your host",
			"554 Bad DNS PTR resource record.",
		},
		ofSPF: {
			"550 5.7.23 <x@example.com>: Recipient address rejected: Message rejected due to: SPF fail - not authorized.",
			"550 5.7.1 Please see http://www.openspf.net/Why?s=helo;id=filter.example.net", "550 Sender Policy Framework (SPF) fail",
		},
		ofName: {"550 5.7.1 <filter.example.net>: Helo command rejected: Host not found", "550 Bad HELO",
			"550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)",
		},
		ofAddress: {
			"554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied", "550 csi.mimecast.org Poor Reputation Sender", "550 Connection refused for policy reasons, IP 192.0.2.1",
			"550 5.7.1 [192.0.2.1] The IP you're using to send mail is not authorized", "554 5.7.1 2001:db8::1 is not welcome",
			"550 5.7.1 [192.0.2.7] The IP you're using to send mail is not authorized to send email directly to our servers. Please use the SMTP relay at your service provider instead.",
			"550 Dynamic IP address; please use your ISP's mail relay",
			"550 5.7.1 Please use the smtp server of your ISP",
			"550 Users of dynamic lines use the relay of their provider",
			"554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. Please contact the intended recipient via alternate means.",
			"550 5.7.0 IP=192.0.2.1 - Dialup/transient IP not allowed. Use a mailgateway. (DYN)",
			"550 we do not accept mail from dynamic ips",
			"554 IP/domain reputation problems",
			"550 5.7.511 Access denied, banned sender[192.0.2.1].",
			"550 4.7.0 IP not in whitelist for RCPT domain, closing connection.",
			"550 5.7.1 Insecure Mail Relay",
			"550 Your mail server is an open relay",
			"553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred",
			"550 Too many spams from your IP",
		},
		ofRecipient: {
			"550 5.1.1 <x@example.com>: Recipient address rejected: User unknown in relay recipient table", "550 5.4.1 Recipient address rejected: Access denied. [AM4PEPF0002.eurprd05.prod.outlook.com]",
			"550 5.1.1 No such user; asked by 192.0.2.1", "550 No such user here (192.0.2.1)", "550 5.7.1 Access denied", "550 5.2.1 Mailbox of rbl-reports disabled", "550 Marble not accepted",
			"550 spamhaus@rbl.example.com is not taken", "550 mx.ptr.example.net says no", "550 #5.1.0 Address rejected.",
			"550 5.1.1 <x@example.com>: Recipient address rejected: undeliverable address: host relay.internal[10.0.0.5] said: 550 5.1.1 User unknown",
			"550 Callout verification failed: relay01.example.org [192.0.2.5] : 550 5.1.1 User unknown",
			"550 Callout verification failed: 550 5.7.1 HELO of 192.0.2.9 is no good",
			"550 5.1.1 <x@example.com>: Recipient address rejected: undeliverable address: host ptr.mail.internal[10.0.0.5] said: 553 5.7.1 Recipient address rejected: User unknown in virtual mailbox table",
			"550 5.7.1 <x@example.com>: host relay said: 550 No such user",
			"550 helo.spf.example.org [192.0.2.5]: no such user here",
			"550 Relay.example.org: unknown user",
			"550 5.1.1 Unable to relay: no such user",
			"550 The mail server could not deliver mail to x@example.com.  The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.",
			"550 5.7.1 <x@example.com>: Recipient address rejected: User email address is marked as invalid",
			"550 Invalid Recipient - https://community.example.com/docs/DOC-1369#550",
			"550 <x@example.com>, Recipient unknown",
			"550 Message was not accepted -- invalid mailbox. Local mailbox x@example.com is unavailable: user not found",
			"550 5.1.1 Not our Customer",
			"550 sorry, your envelope recipient is in my badrcptto list (#5.7.1)",
			"550 Unrouteable address",
			"550 Unknown user",
			"450 4.7.1 <x@example.com>: Recipient address rejected: Greylisted, see http://postgrey.example.org/help/example.com.html",
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

// A destination that asks another server in its turn, and says no more than that this one refused, speaks of the recipient.
func TestAFailedCalloutSpeaksOfTheRecipient(t *testing.T) {
	if !speaksOfRecipient(smtpwire.Reply{Code: 550, Lines: []string{"Callout verification failed"}}) {
		t.Error("“Callout verification failed” does not speak of the recipient")
	}
}
