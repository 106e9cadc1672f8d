// reply_rules - what reply_buffer wants from whoever makes replies in it
//
// No command before the first begin_reply, nor from send until the reply is out; status and data do
// not come together; no data for a HELLO. Assumed where reply_buffer is proved (ASSUME = 1), proved
// of executor where the two stand together (once_only.v).

`default_nettype none
`include "protocol.vh"

module reply_rules #(
    parameter ASSUME = 0
) (
    input wire       begun,        // there has been a begin_reply
    input wire [7:0] opcode,       // with the last one
    input wire       sending,
    input wire       begin_reply,
    input wire       append,
    input wire       fail,
    input wire       send
);

    wire in_turn = !sending || !(begin_reply || append || fail || send);
    wire after_begin = begun || !(append || fail || send);
    wire apart = !(begin_reply && (fail || send)) && !(fail && (send || append));
    wire no_greeting = !append || begin_reply || opcode != `OP_HELLO;
    wire kept = in_turn && after_begin && apart && no_greeting;

    generate
        if (ASSUME != 0) begin : user_is_outside
            always @* assume (kept);
        end else begin : user_is_ours
            always @* assert (kept);
        end
    endgenerate

endmodule

`default_nettype wire
