// executor - does what a request asks, on the ports of the network core (hw/README.md, section 2)
//
// Takes requests of request_buffer, whose arguments it gets from arguments, and makes their replies
// in reply_buffer. Nothing changes before all is known to be good: a STEP walks its inputs twice,
// first without touching the core. Results beyond the reply buffer are known only when they come:
// such a STEP is executed and answered with ST_TOO_LONG. A request with the sequence number of the
// last one is not executed, the last reply goes out again. An ABORT stops a STEP, by resetting the
// core, and a CHECK; it waits for anything else.
//
// hear: nothing of the request is needed any more, so that the next one may come and wait: from the
// last time step of a STEP on, or while the reply goes out.
//
// The steps of a STEP follow each other closely: the next input is written as soon as the core lets it
// (input_free), under the step before, and the reply waits for the last results (quiet). mem_wait: the
// write of this cycle is not taken yet.
//
// WRITE and dense inputs move a byte in 2 cycles; READ and CHECK take 2 cycles a byte more than the
// memory; a one-hot input takes 5. count_cycle is high while a time step is under way, its input
// included.

`default_nettype none
`include "protocol.vh"

module executor #(
    parameter ACTIVATION_WORDS = 256,  // of 64 bits
    parameter REQUEST_W = 10           // width of an index into a request
) (
    input  wire                 clk,
    input  wire                 rst,
    // request_buffer
    output wire                 listen,
    output wire                 hear,
    input  wire                 request_valid,
    output wire                 request_taken,
    input  wire                 abort_valid,
    output wire                 abort_taken,
    input  wire [REQUEST_W-1:0] request_bytes,
    output wire [REQUEST_W-1:0] request_index,
    input  wire [7:0]           request_data,
    // arguments
    input  wire                 is_write,
    input  wire                 is_read,
    input  wire                 is_check,
    input  wire                 is_step,
    input  wire                 is_state,
    input  wire                 is_counters,
    input  wire [7:0]           argument,
    input  wire [19:0]          address,
    input  wire [19:0]          range_end,
    input  wire                 one_hot,
    input  wire                 last_only,
    input  wire [1:0]           status,
    // reply_buffer
    input  wire                 repeated,        // the request is the last one once more
    output wire                 begin_reply,
    output reg                  append,
    output reg  [7:0]           append_data,
    output wire                 fail,
    output wire [1:0]           fail_status,
    output wire                 send,
    input  wire                 sent,
    // counters
    output wire                 count_cycle,
    output wire                 count_clear,
    output wire                 count_read,
    output wire [4:0]           count_position,
    input  wire [7:0]           count_data,
    // network
    output wire                 core_rst,
    output reg  [19:0]          mem_address,
    output reg                  mem_write,
    output reg  [7:0]           mem_wdata,
    output reg                  mem_read,
    input  wire [7:0]           mem_rdata,
    input  wire                 mem_rvalid,
    output wire                 step_start,
    output wire                 step_emit,
    input  wire                 mem_wait,
    input  wire                 busy,
    input  wire                 input_free,
    input  wire                 quiet,
    output wire                 clear,
    output wire                 phase_write,
    input  wire                 phase,
    input  wire [7:0]           result_data,
    input  wire                 result_valid
);

    localparam HOT_W = $clog2(8 * ACTIVATION_WORDS);
    localparam [REQUEST_W-1:0] DATA = 6;  // where the data of WRITE and STEP begin
    localparam [7:0] JUDGED = 5, LAST_CRC_BYTE = 3, LAST_COUNT = 25;  // turns that end a state

    localparam [4:0] LISTEN = 0;      // waits for a request
    localparam [4:0] JUDGE = 1;       // waits for the status of its arguments
    localparam [4:0] ACT = 2;         // begins or refuses
    localparam [4:0] COPY = 3;        // fetches a byte of the request,
    localparam [4:0] STORE = 4;       // stores it in memory
    localparam [4:0] FETCH = 5;       // reads a byte of memory,
    localparam [4:0] ARRIVE = 6;      // waits for it
    localparam [4:0] DIGEST = 7;      // appends the CRC
    localparam [4:0] TURN = 8;        // is a time step left?
    localparam [4:0] HOT_CLEAR = 9;   // clears the previous one-hot input,
    localparam [4:0] HOT_LOW = 10;    // gets the low byte of the new index,
    localparam [4:0] HOT_HIGH = 11;   // its high byte,
    localparam [4:0] HOT_SET = 12;    // and sets that activation
    localparam [4:0] START = 13;      // starts a time step
    localparam [4:0] RUN = 14;        // waits until it needs its input no more
    localparam [4:0] STATE = 15;      // sets the phase or clears the state
    localparam [4:0] PHASE = 16;      // appends the phase
    localparam [4:0] COUNT = 17;      // appends the counters
    localparam [4:0] REFUSE = 18;     // the arguments, or the inputs of a STEP, are not as they should be
    localparam [4:0] ANSWER = 19;     // starts the reply
    localparam [4:0] SEND = 20;       // waits until it is out
    localparam [4:0] TAKE = 21;       // takes a request
    localparam [4:0] HALT = 22;       // takes an ABORT, and drops what was under way

    reg [4:0]           state_q;
    reg [19:0]          address_q;   // in memory
    reg [REQUEST_W-1:0] pointer_q;   // byte of the request
    reg [7:0]           turn_q;      // time steps, bytes of a reply, or cycles so far
    reg                 stepping_q;  // the second walk over a STEP's inputs, the real one
    reg [HOT_W-1:0]     hot_q;       // the activation that the last one-hot input set
    reg [31:0]          crc_q;
    reg [1:0]           fail_status_q;
    reg                 core_rst_q;
    reg                 busy_q;      // what the core says, a cycle late
    reg                 quiet_q;
    reg                 free_q;
    reg                 ran_q;       // RUN has lasted for a cycle
    reg                 hear_q;      // what comes is not in the way of what is under way
    reg [1:0]           counting_q;  // COUNT has for two, so that count_data are the first

    // A byte is moved in two states at least: the first adds, the second moves address_q on.
    reg [19:0] next_q;           // address_q + 1
    reg        at_end_q;         // address_q is range_end
    wire       at_last = next_q == range_end;
    wire at_end = at_end_q;

    // The same of the bytes of the request, and of the turns.
    reg  last_byte_q;            // pointer_q + 1 is request_bytes
    reg  empty_q;                // DATA is
    reg  drained;                // pointer_q is
    reg  last_turn_q;            // turn_q + 1 is argument
    reg  turned_q;               // turn_q is

    // Taking requests.
    wire can_stop = listen || state_q == TURN || state_q == RUN || state_q == START
                    || (state_q == FETCH && is_check);
    wire stop = abort_valid && can_stop;

    assign listen = state_q == LISTEN;
    assign hear = hear_q;
    assign request_taken = state_q == TAKE;
    assign abort_taken = state_q == HALT;
    assign request_index = pointer_q;

    // The core.
    wire hot_too_far = address_q[15:HOT_W] != 0;  // two bytes
    wire store = state_q == STORE || (state_q == HOT_SET && !hot_too_far) || state_q == HOT_CLEAR;

    // A write that had to wait is not overtaken: writes come two cycles apart, or one that waits shows. held is
    // mem_write once more, so that the one register can be near the memories and the other here.
    reg  held;
    wire writes = held ? mem_wait : store && (is_write || stepping_q);

    assign core_rst = core_rst_q;
    always @(posedge clk) begin
        if (!held) begin
            mem_address <= state_q == HOT_CLEAR ? {{20 - HOT_W{1'b0}}, hot_q} : address_q;
            mem_wdata <= state_q == HOT_CLEAR ? 8'd0 :
                         state_q == HOT_SET   ? `ONE_HOT_VALUE : request_data;
        end
        mem_write <= writes;
        held <= writes && !rst;
        mem_read <= state_q == FETCH && !at_end && !stop;
        fail_status_q <= state_q == ACT ? status : `ST_BAD_ARGUMENT;
    end

    assign step_start = state_q == START && !busy_q;
    assign step_emit = !last_only || drained;
    assign clear = state_q == STATE && argument[1:0] == `STATE_RESET;
    assign phase_write = state_q == STATE && argument[1:0] == `STATE_SET;

    // The reply.
    wire [31:0] crc_d;
    wire        phase_known = state_q == PHASE && turn_q[1] && !busy_q;

    assign begin_reply = abort_taken || (request_taken && !repeated);
    assign fail = state_q == REFUSE;
    assign fail_status = fail_status_q;
    assign send = state_q == ANSWER || (request_taken && repeated);
    assign count_cycle = stepping_q;
    assign count_clear = state_q == COUNT && turn_q == LAST_COUNT && argument != 0;
    assign count_read = state_q == COUNT && turn_q[4:3] != 2'd3;  // 24 bytes
    assign count_position = turn_q[4:0];

    always @(posedge clk) begin
        append <= !rst && !abort_taken &&
                  ((stepping_q && result_valid) || (state_q == ARRIVE && mem_rvalid && is_read) ||
                   state_q == DIGEST || phase_known || (state_q == COUNT && counting_q[1]));
        case (state_q)
            ARRIVE: append_data <= mem_rdata;
            DIGEST: append_data <= ~crc_q[7:0];
            PHASE: append_data <= {7'd0, phase};
            COUNT: append_data <= count_data;
            default: append_data <= result_data;
        endcase
    end

    crc32_byte u_crc32_byte (
        .crc(crc_q),
        .data(mem_rdata),
        .next(crc_d)
    );

    always @(posedge clk) begin
        core_rst_q <= 1'b0;
        next_q <= address_q + 1'b1;
        last_byte_q <= pointer_q + 1'b1 == request_bytes;
        empty_q <= request_bytes == DATA;
        last_turn_q <= turn_q + 1'b1 == argument;
        busy_q <= busy;
        quiet_q <= quiet;
        free_q <= input_free;
        ran_q <= state_q == RUN;
        hear_q <= (stepping_q && ((state_q == RUN && drained) || (state_q == TURN && turned_q)))
                  || state_q == ANSWER || state_q == SEND;
        counting_q <= {counting_q[0] && state_q == COUNT, state_q == COUNT};
        case (state_q)
            LISTEN: begin
                pointer_q <= DATA;
                turn_q <= 0;
                stepping_q <= 1'b0;
                if (request_valid) state_q <= TAKE;
            end
            TAKE: state_q <= repeated ? SEND : JUDGE;
            JUDGE: begin
                turn_q <= turn_q + 1'b1;
                if (turn_q == JUDGED) state_q <= ACT;
            end
            ACT: begin
                turn_q <= 0;
                turned_q <= 1'b0;    // a STEP has turns
                drained <= empty_q;
                address_q <= address;
                at_end_q <= address == range_end;
                crc_q <= 32'hFFFFFFFF;
                state_q <= status == `ST_DONE ? ANSWER : REFUSE;
                if (status == `ST_DONE) begin
                    if (is_write) state_q <= COPY;
                    if (is_read || is_check) state_q <= FETCH;
                    if (is_step) state_q <= TURN;
                    if (is_state) state_q <= STATE;
                    if (is_counters) state_q <= COUNT;
                end
            end
            COPY:
                if (!at_end) state_q <= drained ? REFUSE : STORE;
                else if (is_write) state_q <= ANSWER;
                else if (stepping_q) state_q <= START;
                else begin
                    turn_q <= turn_q + 1'b1;
                    turned_q <= last_turn_q;
                    state_q <= TURN;
                end
            STORE: if (!held) begin
                address_q <= next_q;
                at_end_q <= at_last;
                pointer_q <= pointer_q + 1'b1;
                drained <= last_byte_q;
                state_q <= COPY;
            end
            FETCH:
                if (!at_end) state_q <= ARRIVE;
                else state_q <= is_check ? DIGEST : ANSWER;
            ARRIVE:
                if (mem_rvalid) begin
                    address_q <= next_q;
                    at_end_q <= at_last;
                    crc_q <= crc_d;
                    state_q <= FETCH;
                end
            DIGEST: begin
                turn_q <= turn_q + 1'b1;
                crc_q <= {8'd0, crc_q[31:8]};
                if (turn_q == LAST_CRC_BYTE) state_q <= ANSWER;
            end
            TURN: begin
                address_q <= 0;
                at_end_q <= 1'b0;    // an input has bytes
                if (!turned_q) begin
                    if (stepping_q || !busy_q) state_q <= one_hot ? HOT_CLEAR : COPY;
                end else if (stepping_q) begin
                    if (quiet_q) begin
                        stepping_q <= 1'b0;
                        state_q <= ANSWER;
                    end
                end else begin
                    turn_q <= 0;
                    turned_q <= 1'b0;
                    pointer_q <= DATA;
                    drained <= empty_q;
                    stepping_q <= drained;
                    state_q <= drained ? TURN : REFUSE;
                end
            end
            HOT_CLEAR: if (!held) begin
                pointer_q <= pointer_q + 1'b1;
                drained <= last_byte_q;
                state_q <= drained ? REFUSE : HOT_LOW;
            end
            HOT_LOW: begin
                address_q[7:0] <= request_data;
                state_q <= HOT_HIGH;
            end
            HOT_HIGH: begin
                address_q[15:8] <= request_data;
                pointer_q <= pointer_q + 1'b1;
                drained <= last_byte_q;
                state_q <= HOT_SET;
            end
            HOT_SET: if (!held) begin
                if (stepping_q) hot_q <= address_q[HOT_W-1:0];
                else begin
                    turn_q <= turn_q + 1'b1;
                    turned_q <= last_turn_q;
                end
                state_q <= hot_too_far ? REFUSE : stepping_q ? START : TURN;
            end
            START: if (!busy_q) state_q <= RUN;
            RUN:
                if (ran_q && free_q) begin
                    turned_q <= drained;  // the first walk has counted
                    state_q <= TURN;
                end
            STATE: begin
                if (clear) hot_q <= 0;
                state_q <= PHASE;
            end
            PHASE: begin
                turn_q <= turn_q + 1'b1;
                if (phase_known) state_q <= ANSWER;
            end
            COUNT: begin
                turn_q <= turn_q + 1'b1;
                if (turn_q == LAST_COUNT) state_q <= ANSWER;
            end
            REFUSE: state_q <= ANSWER;
            ANSWER: state_q <= SEND;
            SEND: if (sent) state_q <= LISTEN;
            HALT: begin
                core_rst_q <= stepping_q;
                stepping_q <= 1'b0;
                state_q <= ANSWER;
            end
            default: state_q <= LISTEN;
        endcase

        if (stop) state_q <= HALT;
        if (rst) begin
            core_rst_q <= 1'b1;
            stepping_q <= 1'b0;
            hear_q <= 1'b0;
            hot_q <= 0;
            state_q <= LISTEN;
        end
    end

endmodule

`default_nettype wire
