package certificates

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers Certificate Manager's handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.ACM, "AddTagsToCertificate", r.AddTagsToCertificate)
	wire.Handle(m, wire.ACM, "DeleteCertificate", r.DeleteCertificate)
	wire.Handle(m, wire.ACM, "DescribeCertificate", r.DescribeCertificate)
	wire.Handle(m, wire.ACM, "GetAccountConfiguration", r.GetAccountConfiguration)
	wire.Handle(m, wire.ACM, "GetCertificate", r.GetCertificate)
	wire.Handle(m, wire.ACM, "ImportCertificate", r.ImportCertificate)
	wire.Handle(m, wire.ACM, "ListCertificates", r.ListCertificates)
	wire.Handle(m, wire.ACM, "ListTagsForCertificate", r.ListTagsForCertificate)
	wire.Handle(m, wire.ACM, "PutAccountConfiguration", r.PutAccountConfiguration)
	wire.Handle(m, wire.ACM, "RemoveTagsFromCertificate", r.RemoveTagsFromCertificate)
	wire.Handle(m, wire.ACM, "RenewCertificate", r.RenewCertificate)
	wire.Handle(m, wire.ACM, "RequestCertificate", r.RequestCertificate)
	wire.Handle(m, wire.ACM, "UpdateCertificateOptions", r.UpdateCertificateOptions)
}
