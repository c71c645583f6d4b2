package notifying

import "github.com/understudy/understudy/cloud/internal/wire"

// Operations registers the handlers, one line each.
func (r *Room) Operations(m *wire.Mux) {
	wire.Handle(m, wire.SNS, "ConfirmSubscription", r.ConfirmSubscription)
	wire.Handle(m, wire.SNS, "CreateTopic", r.CreateTopic)
	wire.Handle(m, wire.SNS, "DeleteTopic", r.DeleteTopic)
	wire.Handle(m, wire.SNS, "GetSubscriptionAttributes", r.GetSubscriptionAttributes)
	wire.Handle(m, wire.SNS, "GetTopicAttributes", r.GetTopicAttributes)
	wire.Handle(m, wire.SNS, "ListSubscriptions", r.ListSubscriptions)
	wire.Handle(m, wire.SNS, "ListSubscriptionsByTopic", r.ListSubscriptionsByTopic)
	wire.Handle(m, wire.SNS, "ListTagsForResource", r.ListTagsForResource)
	wire.Handle(m, wire.SNS, "ListTopics", r.ListTopics)
	wire.Handle(m, wire.SNS, "Publish", r.Publish)
	wire.Handle(m, wire.SNS, "SetSubscriptionAttributes", r.SetSubscriptionAttributes)
	wire.Handle(m, wire.SNS, "SetTopicAttributes", r.SetTopicAttributes)
	wire.Handle(m, wire.SNS, "Subscribe", r.Subscribe)
	wire.Handle(m, wire.SNS, "TagResource", r.TagResource)
	wire.Handle(m, wire.SNS, "Unsubscribe", r.Unsubscribe)
	wire.Handle(m, wire.SNS, "UntagResource", r.UntagResource)
}
