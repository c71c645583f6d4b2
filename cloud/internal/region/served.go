package region

import (
	"github.com/understudy/understudy/cloud/internal/region/balancing"
	"github.com/understudy/understudy/cloud/internal/store"
)

// served are Certificate Manager's certificates as load balancing sees them. It is loaded after load balancing, which it asks who uses
// a certificate.
type served struct{ region *Region }

func (s served) Certificate(tx *store.Tx, arn string) (balancing.Certificate, bool) {
	c, ok := s.region.certificates.Secret(tx, arn)
	return balancing.Certificate(c), ok
}

func (s served) News() []store.Topic { return s.region.certificates.News() }
