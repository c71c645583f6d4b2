package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"

	"github.com/understudy/understudy"
	"github.com/understudy/understudy/account"
)

func (q asker) certificate(ctx context.Context, arn string) (c certificate, err error) {
	out, err := q.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &arn})
	if err != nil {
		return c, err
	}
	found := out.Certificate
	c = certificate{status: string(found.Status), names: append(found.SubjectAlternativeNames, aws.ToString(found.DomainName))}
	if found.NotAfter != nil {
		c.left = time.Until(*found.NotAfter)
	}
	return c, nil
}

// soon is less than Certificate Manager leaves a certificate that it renews ("Managed certificate renewal" in its User Guide).
const soon = 30 * 24 * time.Hour

// judgeCertificate looks at the certificate with which the region's load balancer is to serve.
func judgeCertificate(d *understudy.Declaration, side understudy.Side, r region) []Finding {
	if !d.HTTPS.Declared() {
		return nil
	}
	return judgeServed(d.HTTPS.Certificates[side], d.Host(), side, r.name, r.secured)
}

// judgeServed looks at a certificate with which a region's load balancer serves a host.
func judgeServed(arn, host string, side understudy.Side, region string, secured fact[certificate]) []Finding {
	c := secured.value
	f := Finding{Check: CheckCertificate, Severity: Blocker, Side: side}
	issued := []string{string(acmtypes.CertificateStatusIssued), string(acmtypes.CertificateStatusExpired)}
	switch {
	case account.IsCode(secured.err, "ResourceNotFoundException"):
		f.What, f.Why = region+" has no certificate "+arn, "a load balancer serves HTTPS with a certificate of its region alone"
		f.Heal = "request one or import it in " + region + ", and declare its ARN"
	case secured.err != nil:
		return []Finding{unread(CheckCertificate, side, "acm:DescribeCertificate", secured.err)}
	case !slices.Contains(issued, c.status):
		f.What, f.Why = arn+" is "+c.status, "a load balancer takes only a certificate that was issued"
		f.Heal = "enter the CNAME that `aws acm describe-certificate --region " + region + " --certificate-arn " + arn + "` shows"
	case !slices.ContainsFunc(c.names, func(name string) bool { return names(name, host) }):
		f.Severity, f.What = Warning, fmt.Sprintf("%s names %s, and not %s", arn, strings.Join(c.names, ", "), host)
		f.Why, f.Heal = "users' programs refuse a certificate of another name", "declare a certificate that names "+host
	case c.left < soon:
		f.Severity, f.What = Warning, fmt.Sprintf("%s ends in %d days", arn, int(c.left.Hours()/24))
		f.Why = "after it users' programs refuse the region, and if it is the standby's, nobody notices before a failover"
		f.Heal = "import it anew, or find out by `aws acm describe-certificate` why Certificate Manager has not renewed it"
	default:
		return nil
	}
	return []Finding{f}
}

// names tells whether a certificate's name is a host's. A star stands for one label (RFC 9525, section 6.3).
func names(name, host string) bool {
	if rest, ok := strings.CutPrefix(name, "*."); ok {
		_, parent, _ := strings.Cut(host, ".")
		return strings.EqualFold(rest, parent)
	}
	return strings.EqualFold(name, host)
}
