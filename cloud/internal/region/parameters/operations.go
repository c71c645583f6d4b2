package parameters

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers the Parameter Store's handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.SSM, "AddTagsToResource", r.AddTagsToResource)
	wire.Handle(m, wire.SSM, "DeleteParameter", r.DeleteParameter)
	wire.Handle(m, wire.SSM, "DeleteParameters", r.DeleteParameters)
	wire.Handle(m, wire.SSM, "DescribeParameters", r.DescribeParameters)
	wire.Handle(m, wire.SSM, "GetParameter", r.GetParameter)
	wire.Handle(m, wire.SSM, "GetParameterHistory", r.GetParameterHistory)
	wire.Handle(m, wire.SSM, "GetParameters", r.GetParameters)
	wire.Handle(m, wire.SSM, "GetParametersByPath", r.GetParametersByPath)
	wire.Handle(m, wire.SSM, "LabelParameterVersion", r.LabelParameterVersion)
	wire.Handle(m, wire.SSM, "ListTagsForResource", r.ListTagsForResource)
	wire.Handle(m, wire.SSM, "PutParameter", r.PutParameter)
	wire.Handle(m, wire.SSM, "RemoveTagsFromResource", r.RemoveTagsFromResource)
	wire.Handle(m, wire.SSM, "UnlabelParameterVersion", r.UnlabelParameterVersion)
}
